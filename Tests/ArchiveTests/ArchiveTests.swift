import Glibc
import Testing

@testable import Archive

@Suite struct ArchiveTests {
  /// An open, unlinked file with these bytes.
  private static func file(_ bytes: [UInt8]) throws -> Int32 {
    var template = Array("/tmp/archive-test-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    unlink(template)
    #expect(write(descriptor, bytes, bytes.count) == bytes.count)
    return descriptor
  }

  private static func archive(_ format: ArchiveFormat, _ files: [(String, [UInt8])]) async throws -> [UInt8] {
    let writer = try ArchiveWriter(format)
    var bytes: [UInt8] = []
    for (name, contents) in files {
      let isDirectory = name.hasSuffix("/")
      bytes += try await writer.begin(
        name, size: Int64(contents.count), modifiedSeconds: 1_700_000_000, isDirectory: isDirectory)
      if !contents.isEmpty { bytes += try await writer.write(contents[...]) }
    }
    return bytes + (try await writer.finish())
  }

  private static func read(_ bytes: [UInt8], _ format: ArchiveFormat) throws -> [String: [UInt8]] {
    let descriptor = try file(bytes)
    defer { close(descriptor) }
    let reader = try ArchiveReader(descriptor: descriptor, format: format)
    var found: [String: [UInt8]] = [:]
    while let entry = try reader.next() {
      var contents: [UInt8] = []
      while let piece = try reader.read() { contents += piece }
      found[entry.name ?? "?"] = contents
    }
    return found
  }

  @Test(arguments: [ArchiveFormat.zip, .tar])
  func `what is written is read again, in every script`(format: ArchiveFormat) async throws {
    let files: [(String, [UInt8])] = [
      ("plain.txt", Array("hello".utf8)), ("日本 語/ファイル.txt", Array(repeating: 7, count: 300_000)), ("empty", []),
      ("dir/", []), ("emoji 🎉\nnewline", [1]),
      (String(repeating: "x", count: 200) + "/" + String(repeating: "y", count: 200), [2]),
    ]
    let found = try Self.read(try await Self.archive(format, files), format)
    #expect(found == Dictionary(uniqueKeysWithValues: files))
  }

  @Test func `a zip of more than 65,535 files is zip64, and is read whole`() async throws {
    let count = 66_000
    let bytes = try await Self.archive(.zip, (0..<count).map { ("\($0)", []) })
    // The end of central directory record of zip64 (APPNOTE 4.3.14), just before its locator and the old end record.
    let tail = bytes.suffix(200)
    let signature: [UInt8] = [0x50, 0x4B, 0x06, 0x06]
    #expect(tail.indices.contains { tail[$0...].starts(with: signature) })
    #expect(try Self.read(bytes, .zip).count == count)
  }

  @Test func `a zip says that its names are UTF-8`() async throws {
    let bytes = try await Self.archive(.zip, [("é", [1])])
    // General purpose bit 11 of the local header (APPNOTE 4.4.4).
    #expect(bytes[7] & 0x08 != 0)
  }

  @Test(arguments: [ArchiveFormat.zip, .tar])
  func `what is no archive, or half of one, is refused`(format: ArchiveFormat) async throws {
    #expect(throws: ArchiveError.self) { try Self.read(Array("no archive at all, only text".utf8), format) }
    let whole = try await Self.archive(format, [("a", Array(repeating: 65, count: 100_000))])
    #expect(throws: ArchiveError.self) { try Self.read(Array(whole.prefix(whole.count / 2)), format) }
  }

  @Test func `a file that has not the promised size fails`() async throws {
    let writer = try ArchiveWriter(.tar)
    _ = try await writer.begin("a", size: 3, modifiedSeconds: 0)
    await #expect(throws: ArchiveError.self) { _ = try await writer.write([1, 2, 3, 4, 5]) }
  }
}

import Glibc
import TestSupport
import Testing

@testable import Archive

@Suite struct ArchiveTests {
  /// Returns an open, unlinked file with these bytes.
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
  func `a written archive reads back, with names of every script`(format: ArchiveFormat) async throws {
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

  @Test func `a zip declares its names as UTF-8`() async throws {
    let bytes = try await Self.archive(.zip, [("é", [1])])
    // General purpose bit 11 of the local header (APPNOTE 4.4.4).
    #expect(bytes[7] & 0x08 != 0)
  }

  private static let nfc = "caf\u{E9}/\u{212A}"
  private static let nfd = "cafe\u{301}/K"

  /// The names in order, as bytes.
  private static func entries(_ bytes: [UInt8], _ format: ArchiveFormat) throws -> [(
    name: [UInt8], kind: ArchiveEntry.Kind
  )] {
    let descriptor = try file(bytes)
    defer { close(descriptor) }
    let reader = try ArchiveReader(descriptor: descriptor, format: format)
    var found: [(name: [UInt8], kind: ArchiveEntry.Kind)] = []
    while let entry = try reader.next() { found.append((Array((entry.name ?? "?").utf8), entry.kind)) }
    return found
  }

  @Test(arguments: [(ArchiveFormat.zip, false), (.tar, false), (.tar, true)])
  func `names come out byte for byte`(format: ArchiveFormat, compressed: Bool) async throws {
    let names = [
      Self.nfd, Self.nfc, "plain", Self.nfd + "/" + String(repeating: "e\u{301}", count: 120), "\u{1100}\u{1161}",
      Self.nfc + "/d/",
    ]
    let files = names.map { ($0, Array(repeating: UInt8(7), count: $0.hasSuffix("/") ? 0 : 100_000)) }
    let archive = try await Self.archive(format, files)
    let found = try Self.entries(compressed ? try #require(Gzip.compress(archive)) : archive, format)
    #expect(found.map(\.name) == names.map { Array($0.utf8) })
  }

  @Test func `a zip that follows other bytes is read, too`() async throws {
    let archive = try await Self.archive(.zip, [(Self.nfd, [1]), (Self.nfc, [2])])
    let found = try Self.entries(Array("#!/bin/sh\n".utf8) + archive, .zip)
    #expect(found.map(\.name) == [Self.nfd, Self.nfc].map { Array($0.utf8) })
  }

  @Test(arguments: [ArchiveFormat.zip, .tar])
  func `symbolic links keep their targets`(format: ArchiveFormat) async throws {
    let writer = try ArchiveWriter(format)
    var bytes = try await writer.begin(ArchiveEntry("l", .symbolicLink(target: Self.nfd), modifiedSeconds: 5))
    if format == .tar {
      bytes += try await writer.begin(ArchiveEntry("h", .hardLink(name: Self.nfd), modifiedSeconds: 5))
    }
    bytes += try await writer.finish()
    for entry in try Self.entries(bytes, format) {
      switch entry.kind {
      case .symbolicLink(let target): #expect(Array(target.utf8) == Array(Self.nfd.utf8))
      case .hardLink(let name): #expect(Array(name.utf8) == Array(Self.nfd.utf8))
      default: Issue.record("\(entry)")
      }
    }
  }

  @Test(arguments: [ArchiveFormat.zip, .tar])
  func `bytes that are no archive, or half of one, are refused`(format: ArchiveFormat) async throws {
    #expect(throws: ArchiveError.self) { try Self.read(Array("no archive at all, only text".utf8), format) }
    let whole = try await Self.archive(format, [("a", Array(repeating: 65, count: 100_000))])
    #expect(throws: ArchiveError.self) { try Self.read(Array(whole.prefix(whole.count / 2)), format) }
  }

  /// An archive may have any numbers in its headers.
  @Test(arguments: [ArchiveFormat.zip, .tar], UInt64(1)...8)
  func `damaged archives are read or refused`(format: ArchiveFormat, seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let whole = try await Self.archive(
      format, [(Self.nfd, [1]), (Self.nfc, Array(repeating: 2, count: 900)), ("d/", [])])
    for round in 0..<200 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        let run = Int.random(in: 1...8, using: &generator)
        let value = [0xFF, 0x7F, 0x80, 0, UInt8.random(in: 0...255, using: &generator)].randomElement(
          using: &generator)!
        for place in index..<min(index + run, bytes.count) { bytes[place] = value }
      }
      if round % 4 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
      let damaged = format == .tar && round % 3 == 0 ? Gzip.compress(bytes) ?? bytes : bytes
      _ = try? Self.entries(damaged, format)
    }
  }

  @Test func `a file whose size is not the declared one fails`() async throws {
    let writer = try ArchiveWriter(.tar)
    _ = try await writer.begin("a", size: 3, modifiedSeconds: 0)
    await #expect(throws: ArchiveError.self) { _ = try await writer.write([1, 2, 3, 4, 5]) }
  }
}

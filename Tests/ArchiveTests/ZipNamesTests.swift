// SEMANTICS: 7.1
import Glibc
import TestSupport
import Testing

@testable import Archive

/// Names in a zip: this program's names are literal; other programs' names depend on the system that made them.
@Suite struct ZipNamesTests {
  private struct Found {
    var entry: ArchiveEntry
    var contents: [UInt8] = []
    var name: [UInt8]? { entry.name.map { Array($0.utf8) } }
  }

  private static func entries(_ bytes: [UInt8]) throws -> [Found] {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    #expect(write(fileno(file), bytes, bytes.count) == bytes.count)
    let reader = try ArchiveReader(descriptor: fileno(file), format: .zip)
    var found: [Found] = []
    while let entry = try reader.next() {
      found.append(Found(entry: entry))
      while let piece = try reader.read() { found[found.count - 1].contents += piece }
    }
    return found
  }

  // MARK: - Our own

  private static func written(_ entries: [ArchiveEntry]) async throws -> [UInt8] {
    let writer = try ArchiveWriter(.zip)
    var bytes: [UInt8] = []
    for var entry in entries {
      let contents = Array((entry.name ?? "").utf8)
      if entry.kind == .file { entry.size = Int64(contents.count) }
      bytes += try await writer.begin(entry)
      if entry.kind == .file { bytes += try await writer.write(contents[...]) }
    }
    return bytes + (try await writer.finish())
  }

  private static func bringsBack(_ names: [String]) async throws {
    let bytes = try await written(names.map { ArchiveEntry($0, .file, modifiedSeconds: 5) })
    let found = try entries(bytes)
    #expect(found.map(\.name) == names.map { Array($0.utf8) })
    for entry in found {
      #expect(entry.entry.kind == .file && entry.contents == entry.name, "\(entry)")
      #expect(entry.entry.hasLiteralName && entry.entry.problem == nil, "\(entry)")
    }
  }

  @Test func `names that this program wrote come back byte for byte`() async throws {
    try await Self.bringsBack([
      "plain", "b\\c", "b\\", "\\", "\\\\x", "a/b\\c", "d\\e/f\\", "x\ny", "tab\t", "t\u{1}", "\u{7F}", " lead",
      "trail ",
      "dot.", "...", "C:\\x", "é", "e\u{301}", "e\u{301}\\", "\u{212A}", "\u{AC00}", "\u{1100}\u{1161}", "\u{10FFFF}",
      "\u{FFFE}",
      "\u{301}", "\u{2028}", "\r", "a\\\u{301}", "日本\\語", "🎉\n", String(repeating: "e\u{301}", count: 300),
    ])
  }

  /// Every script, and marks in any order: libarchive composes them.
  @Test(arguments: UInt64(1)...8)
  func `any names that this program wrote come back byte for byte`(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let ranges: [ClosedRange<UInt32>] = [
      1...0x2E, 0x30...0x24F, 0x300...0x36F, 0x590...0x1FFF, 0x2000...0xD7FF, 0xE000...0xFFFF, 0x1D15E...0x1D1C0,
      0x10000...0x10FFFF,
    ]
    var names: Set<[UInt8]> = []
    while names.count < 400 {
      let name = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
        Unicode.Scalar(UInt32.random(in: ranges.randomElement(using: &generator)!, using: &generator))!
      }
      names.insert(Array(name.map { String($0) }.joined().utf8))
    }
    try await Self.bringsBack(names.map { String(decoding: $0, as: UTF8.self) })
  }

  @Test func `directories and links that this program wrote come back`() async throws {
    let targets = ["e\u{301}", "é\\", "a\nb"]
    let links = targets.enumerated().map { index, target in
      ArchiveEntry("ｌ\(index)\\", .symbolicLink(target: target), modifiedSeconds: 5)
    }
    let directories = ["d\\/", "e\u{301}/"].map { ArchiveEntry($0, .directory, modifiedSeconds: 5) }
    let found = try Self.entries(try await Self.written(links + directories))
    #expect(found.map(\.name) == (links + directories).map { Array(($0.name ?? "").utf8) })
    for (entry, target) in zip(found, targets) {
      guard case .symbolicLink(let read) = entry.entry.kind else {
        Issue.record("\(entry)")
        continue
      }
      #expect(Array(read.utf8) == Array(target.utf8))
    }
    #expect(found.dropFirst(targets.count).allSatisfy { $0.entry.kind == .directory })
  }

  // MARK: - Other programs' names

  /// Returns an entry without bytes, as other programs write it.
  private struct Other {
    var name: [UInt8]
    /// The upper byte of "version made by" (APPNOTE 4.4.2): 0 is DOS, 3 Unix, 10 Windows, 11 Info-ZIP on Windows.
    var host: UInt8 = 3
    /// Whether the name is UTF-8: general purpose bit 11.
    var isUTF8 = true
    var mode: UInt32 = 0o100644
    var extra: [UInt8] = []

    init(_ name: String, host: UInt8 = 3) { (self.name, self.host) = (Array(name.utf8), host) }

    init(_ name: [UInt8], isUTF8: Bool) { (self.name, self.isUTF8) = (name, isUTF8) }

    private var common: [UInt8] {
      let sizes = [UInt8](repeating: 0, count: 12)
      return [20, 0, 0, isUTF8 ? 8 : 0, 0, 0, 0, 0, 0x21, 0x50] + sizes + bytes(UInt64(name.count), 2)
    }

    var local: [UInt8] { bytes(0x0403_4B50, 4) + common + bytes(UInt64(extra.count), 2) + name + extra }

    func central(at offset: Int) -> [UInt8] {
      let attributes = host == 3 ? UInt64(mode) << 16 : 0
      return bytes(0x0201_4B50, 4) + [20, host] + common + [UInt8](repeating: 0, count: 8) + bytes(attributes, 4)
        + bytes(UInt64(offset), 4) + name
    }
  }

  private static func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }

  private static func archive(_ others: [Other]) -> [UInt8] {
    var (files, directory): ([UInt8], [UInt8]) = ([], [])
    for other in others {
      directory += other.central(at: files.count)
      files += other.local
    }
    let count = bytes(UInt64(others.count), 2)
    return files + directory + bytes(0x0605_4B50, 4) + [0, 0, 0, 0] + count + count + bytes(UInt64(directory.count), 4)
      + bytes(UInt64(files.count), 4) + [0, 0]
  }

  private static func read(_ other: Other) throws -> Found {
    // Between two other entries, so that a mix-up of names and entries would show.
    let found = try entries(archive([Other("first"), other, Other("last")]))
    #expect(found.count == 3 && found.first?.entry.name == "first" && found.last?.entry.name == "last")
    return try #require(found.dropFirst().first)
  }

  @Test(arguments: [UInt8(0), 6, 10, 11, 14])
  func `a backslash is read as a slash in a name without slashes, made on Windows`(host: UInt8) throws {
    #expect(try Self.read(Other("e\u{301}\\b", host: host)).name == Array("e\u{301}/b".utf8))
    let directory = try Self.read(Other("a\\b\\", host: host))
    #expect(directory.name == Array("a/b/".utf8) && directory.entry.kind == .directory)
    let mixed = try Self.read(Other("a/b\\c", host: host))
    #expect(mixed.name == Array("a/b\\c".utf8) && !mixed.entry.hasLiteralName)
  }

  @Test(arguments: [UInt8(3), 19, 7])
  func `a backslash stays a backslash elsewhere`(host: UInt8) throws {
    for name in ["b\\c", "e\u{301}\\b", "a/b\\c", "b\\", "x\ny"] {
      let found = try Self.read(Other(name, host: host))
      #expect(found.name == Array(name.utf8) && !found.entry.hasLiteralName)
    }
  }

  @Test func `an entry whose converted name implies another kind has a problem`() throws {
    #expect(try Self.read(Other("b\\")).entry.problem != nil)
  }

  @Test func `a directory without a slash at its end keeps its spelling`() throws {
    var directory = Other("e\u{301}")
    directory.mode = 0o040755
    let found = try Self.read(directory)
    #expect(found.entry.kind == .directory && found.name?.starts(with: Array("e\u{301}".utf8)) == true)
  }

  @Test func `a name that continues after a zero byte has a problem`() throws {
    for name in ["a\0b", "\0", "a/b\0"] { #expect(try Self.read(Other(name)).entry.problem != nil) }
  }

  @Test func `a name that is not UTF-8 is invalid, whatever the archive declares`() throws {
    for isUTF8 in [true, false] {
      let found = try Self.read(Other([0x63, 0x82, 0x66], isUTF8: isUTF8))
      #expect(found.name == nil, "\(found)")
    }
  }

  @Test func `a Unicode path is used if its checksum is that of the name`() throws {
    var other = Other([0x82], isUTF8: false)
    // The CRC-32 of the byte 0x82.
    for (crc, name) in [(UInt64(0xD1B4_0D81), Array("e\u{301}".utf8)), (0, nil)] {
      let path = [1] + Self.bytes(crc, 4) + Array("e\u{301}".utf8)
      other.extra = Self.bytes(0x7075, 2) + Self.bytes(UInt64(path.count), 2) + path
      #expect(try Self.read(other).name == name)
    }
  }

  @Test func `an archive's comment may contain any bytes`() throws {
    let comment: [UInt8] = [0x50, 0x4B, 0x05, 0x06] + Array(repeating: 0xFF, count: 40)
    var bytes = Self.archive([Other("e\u{301}\\b")])
    bytes.removeLast(2)
    bytes += Self.bytes(UInt64(comment.count), 2) + comment
    #expect(try Self.entries(bytes).map(\.name) == [Array("e\u{301}\\b".utf8)])
  }

  @Test func `an archive without its directory is refused`() async throws {
    let whole = try await Self.written(["a", "b\\c"].map { ArchiveEntry($0, .file, modifiedSeconds: 5) })
    let directory = try #require((0..<whole.count).first { whole[$0...].starts(with: [0x50, 0x4B, 0x01, 0x02]) })
    #expect(throws: ArchiveError.self) { try Self.entries(Array(whole[..<directory])) }
    #expect(throws: ArchiveError.self) { try Self.entries(Array(whole.dropLast(22))) }
  }
}

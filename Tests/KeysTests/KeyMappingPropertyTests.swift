// SEMANTICS: 7.1
import S3
import TestSupport
import Testing

@testable import Keys

@Suite("Any key has exactly one path")
struct KeyMappingPropertyTests {
  private static let alphabet: [String] = [
    "/", "/", ".", ".", "\0", "\n", "‛", "‛", "．", "／", "␀", "…", "object", "‛object", "‛…", "é", "e\u{301}", "👩‍👩‍👧",
    "\u{301}",
    "a", "B", " ", "\u{7F}",
  ]

  private func randomKey(_ generator: inout SeededGenerator) -> ObjectKey {
    var text = ""
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let piece = Self.alphabet.randomElement(using: &generator)!
      switch Int.random(in: 0..<12, using: &generator) {
      case 0: text += String(repeating: piece == "/" ? "n" : piece, count: 300 / piece.utf8.count)
      case 1: text += String(repeating: "x", count: Int.random(in: 235...260, using: &generator)) + piece
      case 2: text += String(repeating: "y", count: 1000)
      default: text += piece
      }
    }
    return ObjectKey(text)
  }

  /// Returns keys with every directory that they imply, and those that are shadowed.
  private func paths(of keys: Set<ObjectKey>) -> [(key: ObjectKey, path: [String], isDirectory: Bool)] {
    var directories: Set<ObjectKey> = []
    for key in keys {
      let bytes = Array(key.string.utf8)
      for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") {
        directories.insert(ObjectKey(String(decoding: bytes[...index], as: UTF8.self)))
      }
    }
    let objects = keys.map { key in
      let path = KeyMapping.path(forKey: key) {
        $0.string.utf8.last == UInt8(ascii: "/") || directories.contains(ObjectKey($0.string + "/"))
      }
      return (key, path, false)
    }
    return objects + directories.map { ($0, KeyMapping.path(forKey: $0) { _ in false }, true) }
  }

  @Test("Names are valid, paths are distinct, and each maps back to its key", arguments: UInt64(1)...16)
  func roundTrip(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keys = Set((0..<100).map { _ in randomKey(&generator) })
    var seen: Set<[ObjectKey]> = []
    for (key, path, isDirectory) in paths(of: keys) {
      for name in path {
        #expect((1...255).contains(name.utf8.count) && name != "." && name != "..")
        #expect(!name.utf8.contains(0) && !name.utf8.contains(UInt8(ascii: "/")))
      }
      #expect(try KeyMapping.key(forPath: path, isDirectory: isDirectory) == key)
      // ObjectKey compares bytes, as the kernel does.
      #expect(seen.insert(path.map { ObjectKey($0) }).inserted, "two keys at \(path)")
    }
  }

  @Test("A path that is accepted is the one path of its key", arguments: UInt64(1)...8)
  func noSecondPath(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var accepted = 0
    for _ in 0..<300 {
      let path = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
        randomKey(&generator).string.filter { $0 != "/" && $0 != "\0" }
      }
      var isShadowed = false
      if case .shadowedObject? = try? KeyMapping.parse(path.last!) { isShadowed = true }
      guard let key = try? KeyMapping.key(forPath: path, isDirectory: false) else { continue }
      accepted += 1
      let canonical = KeyMapping.path(forKey: key) { _ in isShadowed }
      #expect(canonical.map { ObjectKey($0) } == path.map { ObjectKey($0) })
    }
    #expect(accepted > 20)
  }
}

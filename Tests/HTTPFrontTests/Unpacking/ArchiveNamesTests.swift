// SEMANTICS: 7.1
import Core
import TestSupport
import Testing

@testable import HTTPFront

@Suite struct ArchiveNamesTests {
  private static let top = ObjectPath(bucket: "box", key: "t/")

  private static func items(_ keys: [String], below top: ObjectPath = top) -> [ArchiveNames.Item] {
    var names = ArchiveNames(below: top)
    var items: [ArchiveNames.Item] = []
    for key in keys.map({ ObjectKey(top.key.string + $0) }).sorted() {
      let path = ObjectPath(bucket: "box", key: key)
      items += names.add(path, hasBody: path.isDirectory)
    }
    return items + names.finish()
  }

  @Test func `an object beside a directory has a name of its own`() {
    let names = Self.items(["d", "d!", "d-1", "d-1/x", "d/e", "d0", "e", "e-", "f", "f/"]).map(\.name)
    #expect(
      Set(names) == ["d‛object", "d!", "d-1‛object", "d-1/x", "d/e", "d0", "e", "e-", "f‛object", "f/", "f/‛object"])
    #expect(names.count == Set(names).count)
  }

  @Test func `the top directory's marker is left out, but its bytes are packed`() {
    #expect(
      Self.items(["", "x"]) == [
        .init(path: Self.top, name: "‛object", isBody: true),
        .init(path: ObjectPath(bucket: "box", key: "t/x"), name: "x"),
      ])
  }

  @Test func `a name chosen twice, or together with its directory, is packed once`() {
    let chosen = ["b", "a/", "a/x", "a", "b", "a-", "a/"].map { ObjectPath(bucket: "box", key: ObjectKey($0)) }
    #expect(ArchiveNames.inOrder(chosen).map(\.key) == ["a", "a-", "a/", "b"])
    #expect(ArchiveNames.inOrder([ObjectPath(bucket: "c"), ObjectPath(bucket: "b")]).map(\.bucket) == ["b", "c"])
  }

  private static let pieces = [
    "/", "/", "/", "a", "b", "-", "!", "0", ".", "..", "‛", "‛object", "．", "é", "e\u{301}", "\u{301}", "\0", "\\",
    "\n", "object",
  ]

  private static func randomKey(_ generator: inout SeededGenerator) -> String {
    (0..<Int.random(in: 1...5, using: &generator)).map { _ in
      let piece = pieces.randomElement(using: &generator)!
      return Int.random(in: 0..<20, using: &generator) == 0 ? String(repeating: piece, count: 130) : piece
    }.joined()
  }

  @Test(arguments: UInt64(1)...40)
  func `any keys have distinct names that map back to them`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let keys = Set((0..<120).map { _ in ObjectKey(Self.randomKey(&generator)) }).map(\.string)
    let items = Self.items(keys)
    let markers = keys.filter { $0.utf8.last == UInt8(ascii: "/") }
    #expect(items.count == keys.count + markers.count)
    let names = items.map { ObjectKey($0.name) }
    #expect(Set(names).count == names.count)
    let files = Set(names.filter { $0.string.utf8.last != UInt8(ascii: "/") })
    for (item, name) in zip(items, names) {
      #expect(try Self.top.place(ofFileName: item.name) == item.path)
      // No parent directory has the name of a file.
      var above = ""
      for segment in name.string.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
        above += (above.isEmpty ? "" : "/") + String(Substring(segment))
        #expect(!files.contains(ObjectKey(above)), "\(item.name)")
      }
    }
  }
}

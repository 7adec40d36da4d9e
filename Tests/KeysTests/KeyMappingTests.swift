// SEMANTICS: 7.1, 7.3
import S3
import Testing

@testable import Keys

@Suite("Keys as file names")
struct KeyMappingTests {
  @Test(
    "A segment has its name of the table in SEMANTICS.md, and the name parses back",
    arguments: [
      ("report.txt", "report.txt"), ("été", "été"), ("line\nbreak\ttab", "line\nbreak\ttab"), ("...", "..."),
      (".", "．"), ("..", "．．"), ("", "／"), ("a\0b", "a␀b"),
      ("‛", "‛‛"), ("a‛b", "a‛‛b"), ("␀", "‛␀"), ("．", "‛．"), ("．．", "‛．．"), ("／", "‛／"),
      // These have another meaning only as a whole segment.
      ("．．．", "．．．"), ("a／b", "a／b"), (".／", ".／"), ("．x", "．x"),
      ("‛object", "‛‛object"), ("‛…", "‛‛…"), ("‛．", "‛‛．"), ("object", "object"),
    ])
  func ordinary(segment: String, name: String) throws {
    #expect(KeyMapping.names(forSegment: segment) == [name])
    #expect(try KeyMapping.parse(name) == .segment(segment))
  }

  @Test(
    "An object beside a directory of its name gets the object suffix",
    arguments: [
      ("a", "a‛object"), ("", "‛object"), (".", "．‛object"), ("．", "‛．‛object"), ("‛", "‛‛‛object"),
      ("‛object", "‛‛object‛object"),
    ])
  func shadowed(segment: String, name: String) throws {
    #expect(KeyMapping.names(forSegment: segment, isShadowedObject: true) == [name])
    #expect(try KeyMapping.parse(name) == .shadowedObject(segment))
  }

  @Test(
    "A name that corresponds to no segment is refused",
    arguments: [
      ("", KeyMappingError.Reason.empty), (".", .reserved), ("..", .reserved), ("a/b", .reserved), ("a\0b", .reserved),
      ("‛x", .notAnEscape), ("a‛", .notAnEscape), ("a‛．", .notAnEscape), ("／‛object", .notAnEscape),
      ("‛‛‛", .notAnEscape), ("short‛…", .notAnEscape), ("‛…", .notAnEscape), ("‛a‛object", .notAnEscape),
      (String(repeating: "n", count: 256), .tooLong),
    ])
  func refused(name: String, reason: KeyMappingError.Reason) {
    #expect(throws: KeyMappingError(reason, name: name)) { try KeyMapping.parse(name) }
  }

  @Test("A segment of 255 bytes is one name, one of 256 bytes is in a continuation directory")
  func continuation() throws {
    let fits = String(repeating: "n", count: 255)
    #expect(KeyMapping.names(forSegment: fits) == [fits])

    let names = KeyMapping.names(forSegment: fits + "!")
    let chunk = String(repeating: "n", count: 249)
    #expect(names == [chunk + "‛…", "nnnnnn!"])
    #expect(try KeyMapping.parse(names[0]) == .continuation(chunk: chunk))
    #expect(KeyMapping.continuationPrefix(prefix: "dir/", chunk: chunk) == ObjectKey("dir/" + chunk))
  }

  @Test("A shadowed object whose name has no room for the suffix is in a continuation directory")
  func longShadowedObject() throws {
    let segment = String(repeating: "n", count: 247)
    #expect(KeyMapping.names(forSegment: segment, isShadowedObject: true) == [segment + "‛…", "‛object"])
    let key = try KeyMapping.key(forPath: [segment + "‛…", "‛object"], isDirectory: false)
    #expect(key == ObjectKey(segment))
  }

  @Test("A continuation that is split at another byte is refused")
  func wrongCut() {
    let chunk = String(repeating: "n", count: 248) + "‛…"
    #expect(throws: KeyMappingError.self) { try KeyMapping.key(forPath: [chunk, "nnnnnnnn"], isDirectory: false) }
    #expect(throws: KeyMappingError.self) {
      try KeyMapping.key(forPath: [String(repeating: "n", count: 249) + "‛…", "short"], isDirectory: false)
    }
  }

  @Test(
    "A whole key has its path of the table in SEMANTICS.md",
    arguments: [
      ("a/b/c", ["a", "b", "c"]), ("a//b", ["a", "／", "b"]), ("/x", ["／", "x"]), ("dir/", ["dir"]), ("", []),
      ("a/../b", ["a", "．．", "b"]), ("//", ["／", "／"]),
    ])
  func wholeKey(key: String, path: [String]) throws {
    #expect(KeyMapping.path(forKey: ObjectKey(key)) { _ in false } == path)
    let isDirectory = key.isEmpty || key.hasSuffix("/")
    #expect(try KeyMapping.key(forPath: path, isDirectory: isDirectory) == ObjectKey(key))
  }

  @Test("The marker's body is the object of the empty segment")
  func markerBody() throws {
    #expect(KeyMapping.path(forKey: "dir/") { _ in true } == ["dir", "‛object"])
    #expect(try KeyMapping.key(forPath: ["dir", "‛object"], isDirectory: false) == "dir/")
  }

  @Test("A name that leaves no room for a suffix is split, and joined again", arguments: [250, 252, 255])
  func cut(length: Int) throws {
    let name = String(repeating: "‛‛", count: 20) + String(repeating: "h", count: length - 120)
    let (directory, rest) = try #require(KeyMapping.split(name))
    #expect(directory.hasSuffix("‛…") && directory.utf8.count <= 255 && rest.utf8.count <= length - 243)
    #expect(KeyMapping.joined(directory: directory, rest: rest) == name)
    #expect(KeyMapping.split("short") == nil && KeyMapping.joined(directory: "short", rest: rest) == nil)
    #expect(KeyMapping.joined(directory: directory, rest: String(repeating: "x", count: 20)) == nil)
  }

  @Test("Segments that differ only in Unicode normalisation have two names")
  func normalisation() {
    let one = KeyMapping.names(forSegment: "\u{E9}␀")[0]
    let two = KeyMapping.names(forSegment: "e\u{301}␀")[0]
    #expect(!one.utf8.elementsEqual(two.utf8))
  }
}

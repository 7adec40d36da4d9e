import Archive
import S3
import Testing

@testable import HTTPFront

@Suite struct UnpackTests {
  @Test(arguments: [
    ("a", "a"), ("a/b.txt", "a/b.txt"), ("./a", "a"), ("日本/語", "日本/語"), ("a/", "a/"), ("...", "..."),
    ("a..b/c", "a..b/c"), ("././a", "a"), (".", ""), ("./", ""), ("././", ""),
  ])
  func `names inside the directory become keys`(name: String, key: String) throws {
    #expect(try UnpackName(name, isDirectory: name.hasSuffix("/")).name == key)
  }

  @Test(arguments: [
    "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./..", "a//b", "//x", "a/./b", "C:\\x",
    "..\\x",
    "a\nb", "a\u{7F}",
  ])
  func `names that could lead outside are refused`(name: String) {
    #expect(throws: HTTPError.self) { try UnpackName(name, isDirectory: false) }
  }

  @Test(arguments: [("a/b/c", ["a", "a/b"]), ("a/b/", ["a"]), ("a", []), ("a/", []), ("", [])])
  func `the parents of a name`(name: String, parents: [String]) throws {
    #expect(
      try UnpackName(name.isEmpty ? "." : name, isDirectory: name.hasSuffix("/")).parents.map(\.string) == parents)
  }

  /// Same as in a tar with records: no character that S3 allows in a key is escaped there.
  @Test func `literal names of a zip may have any characters, but must not lead outside either`() throws {
    func name(_ name: String) throws(HTTPError) -> String {
      var entry = ArchiveEntry(name, .file, modifiedSeconds: 0)
      entry.hasLiteralName = true
      return try UnpackName(entry).name
    }
    for odd in ["b\\c", "b\\", "a\nb", "t\u{1}", "a\u{7F}", "C:\\x", " "] { #expect(try name(odd) == odd) }
    for hostile in ["", "/a", "..", "a/../b", "a//b", "a/./b"] {
      #expect(throws: HTTPError.self) { try name(hostile) }
    }
  }

  @Test func `an entry with an unusable name is refused with the reason`() {
    var entry = ArchiveEntry("a", .file, modifiedSeconds: 0)
    entry.problem = "its name is unclear"
    do throws(HTTPError) {
      _ = try UnpackName(entry, isOurs: true)
      Issue.record("the name was accepted")
    } catch { #expect(error.message == "its name is unclear") }
  }

  @Test func `archive bombs are recognised by entries, total size and ratio`() {
    var limits = UnpackLimits()
    (limits.entries, limits.total, limits.ratio, limits.harmless) = (10, 1000, 5, 100)
    let check = UnpackCheck(limits: limits, archiveSize: 30)
    #expect(check.problem(entries: 10, total: 150) == nil)
    #expect(check.problem(entries: 11, total: 0)?.contains("entries") == true)
    #expect(check.problem(entries: 1, total: 1001)?.contains("1000 bytes") == true)
    #expect(check.problem(entries: 1, total: 200)?.contains("5 times") == true)
    #expect(UnpackCheck(limits: limits, archiveSize: 1).problem(entries: 1, total: 100) == nil)
  }

  @Test func `chosen names can be sent as JSON or as a form`() throws {
    #expect(try ChosenNames(body: Array(#"["a b","c/"]"#.utf8)).names == ["a b", "c/"])
    #expect(try ChosenNames(body: Array(#" {"names":["a"]}"#.utf8)).names == ["a"])
    #expect(try ChosenNames(body: Array("name=a+b&other=1&name=%E5%B1%B1".utf8)).names == ["a b", "山"])
    #expect(throws: HTTPError.self) { try ChosenNames(body: Array("[1]".utf8)) }
    #expect(throws: HTTPError.self) { try ChosenNames(body: Array(#"[""]"#.utf8)) }
  }

  @Test func `an attachment's name cannot forge a header`() {
    #expect(
      ArchiveHandler.attachment("a\"b\r\nX: 1山.zip")
        == "attachment; filename=\"a_b__X: 1___.zip\"; filename*=UTF-8''a%22b%0D%0AX%3A%201%E5%B1%B1.zip")
  }
}

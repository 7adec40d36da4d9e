// SEMANTICS: 6.7
import Testing

@testable import Keys

@Suite("Content types by extension")
struct MediaTypeTests {
  @Test(
    "A name has the type of its last extension",
    arguments: [
      ("a.json", "application/json"), ("A.JSON", "application/json"), ("a.tar.gz", "application/gzip"),
      ("page.html", "text/html"), ("app.ts", "text/x-typescript"), ("data.parquet", "application/vnd.apache.parquet"),
      ("README", "text/plain"), ("Dockerfile", "text/plain"), ("é.PNG", "image/png"),
      (".hidden.yaml", "application/yaml"),
      // No extension
      (".json", "application/octet-stream"), ("json", "application/octet-stream"), ("a.", "application/octet-stream"),
      ("", "application/octet-stream"), ("a.nosuchextension", "application/octet-stream"),
    ])
  func names(name: String, type: String) { #expect(MediaType.ofFile(named: name) == type) }

  @Test("A system's table is parsed, despite comments and malformed lines")
  func parsing() {
    let types = MediaType.parse("# comment\ntext/one\ta B # c\n\ngarbage d\r\ntext/two b e\ntext/none\n")
    #expect(types == ["a": "text/one", "b": "text/one", "e": "text/two"])
    #expect(MediaType.ofFile(named: "x.E", in: types) == "text/two")
  }

  @Test("The built-in table has each extension once, and no type has a charset")
  func ownTable() {
    let lines = MediaType.common.split(separator: "\n").filter { !$0.hasPrefix("#") }
    let extensions = lines.flatMap { $0.split(separator: " ").dropFirst() }
    #expect(Set(extensions).count == extensions.count)
    #expect(extensions.count > 120)
    #expect(!MediaType.common.contains(";"))
  }
}

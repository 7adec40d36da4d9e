import Core
import Testing

@testable import HTTPFront

struct JSONBodyTests {
  private static func message(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return (error as? HTTPError).map { "\($0.status) \($0.message)" } }
    return nil
  }

  private static func document(_ text: String) throws(HTTPError) -> JSONDocument {
    try JSONDocument(Array(text.utf8), orElse: "Not that.")
  }

  @Test func `a member is read as its value, null and a missing one as nothing`() throws {
    let document = try Self.document(#"{"a": "x\ny", "b": null, "c": {"k": "v", "n": null}}"#)
    #expect(try document.string("a") == "x\ny")
    #expect(try document.string("b") == nil && document.string("z") == nil)
    #expect(try document.strings("c") == ["k": "v", "n": nil])
    #expect(try document.strings("b") == nil)
  }

  @Test(arguments: [
    ("[]", "400 Not that."), ("null", "400 Not that."),
    ("{\"a\": 1,\n}", "400 Not that. Line 2, column 1: a member's name in double quotes is expected here."),
    (#"{"a": 1, "a": 2}"#, #"400 The body has two members "a"."#),
    (#"{"a": {"b": 1, "b": 2}}"#, #"400 The body has two members "b"."#),
  ])
  func `a body that is no object, or an ambiguous one, is refused`(text: String, message: String) {
    #expect(Self.message { _ = try Self.document(text) } == message)
  }

  @Test func `bytes that are not UTF-8 are refused, not repaired`() {
    let bytes = Array(#"{"a": ""#.utf8) + [0xFF] + Array(#""}"#.utf8)
    #expect(Self.message { _ = try JSONDocument(bytes, orElse: "Not that.") } == "400 The body is not UTF-8.")
  }

  @Test(arguments: [#"{"a": 1}"#, #"{"a": ["x"]}"#, #"{"a": true}"#])
  func `a value of the wrong type is refused`(text: String) throws {
    let document = try Self.document(text)
    #expect(Self.message { _ = try document.string("a") } == "400 Not that.")
    #expect(Self.message { _ = try document.strings("a") } == "400 Not that.")
  }

  @Test func `an unknown member is reported, after errors in the known ones`() {
    #expect(
      Self.message { _ = try DetailChanges(json: Array(#"{"tags": {}, "tag": {}}"#.utf8)) }
        == #"400 ?meta takes "headers", "metadata" and "tags", not "tag"."#)
    #expect(
      Self.message { _ = try DetailChanges(json: Array(#"{"tags": 1, "tag": {}}"#.utf8)) }?
        .hasPrefix("400 The body is not {") == true)
  }
}

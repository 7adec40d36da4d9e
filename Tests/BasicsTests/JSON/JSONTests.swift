import Testing

@testable import Basics

@Suite("JSON")
struct JSONTests {
  @Test(
    "A document is written as it was parsed",
    arguments: [
      "null", "[1,2.50,-3e+7]", #"{"b":1,"a":{"c":[]}}"#, #""a\"b\\c\n\t""#, "[true,false,{}]", #""é👩‍👩‍👧""#,
      "12345678901234567890123",
    ])
  func roundTrip(text: String) throws { #expect(try JSONValue.parse(Array(text.utf8)).compact == text) }

  @Test("Escapes are decoded", arguments: [(#""\u00e9""#, "é"), (#""\ud83d\ude00""#, "😀"), (#""\/\b""#, "/\u{8}")])
  func escapes(text: String, value: String) throws { #expect(try JSONValue.parse(Array(text.utf8)) == .string(value)) }

  @Test(
    "Invalid JSON is refused, with the place of the error",
    arguments: [
      ("{\"a\": 1,\n \"b\" 2}", 2, 6), ("[1,]", 1, 4), ("", 1, 1), ("{\"é\": x}", 1, 7), ("nul", 1, 1), ("01", 1, 2),
      ("\"a", 1, 3), ("[1] 2", 1, 5), ("\"\\x\"", 1, 4), ("1.", 1, 3),
    ])
  func refused(text: String, line: Int, column: Int) {
    #expect { try JSONValue.parse(Array(text.utf8)) } throws: { error in
      guard let failure = error as? JSONFailure else { return false }
      return failure.line == line && failure.column == column
    }
  }

  @Test("Depth is bounded")
  func depth() {
    #expect(throws: JSONFailure.self) { try JSONValue.parse(Array(String(repeating: "[", count: 100_000).utf8)) }
  }

  @Test(
    "A duplicate name in an object is found at any depth",
    arguments: [(#"{"a":1,"a":2}"#, "a"), (#"[{"b":{"c":1,"c":1}}]"#, "c"), (#"{"a":{"b":1},"b":2}"#, nil)]
      as [(String, String?)])
  func repeated(text: String, name: String?) throws {
    #expect(try JSONValue.parse(Array(text.utf8)).repeatedName == name)
  }

  @Test("Half of a surrogate pair is refused", arguments: [#""\ud800""#, #""\udc00x""#, #""\ud800\u0041""#])
  func surrogates(text: String) {
    #expect(throws: JSONFailure.self) { try JSONValue.parse(Array(text.utf8)) }
  }
}

import Testing

@testable import States

@Suite("JSON")
struct JSONTests {
  @Test(
    "A document is written as it was read",
    arguments: [
      "null", "[1,2.50,-3e+7]", #"{"b":1,"a":{"c":[]}}"#, #""a\"b\\c\n\t""#, "[true,false,{}]", #""é👩‍👩‍👧""#,
      "12345678901234567890123",
    ])
  func roundTrip(text: String) throws { #expect(try JSONValue.parse(Array(text.utf8)).compact == text) }

  @Test("Escapes are read", arguments: [(#""\u00e9""#, "é"), (#""\ud83d\ude00""#, "😀"), (#""\/\b""#, "/\u{8}")])
  func escapes(text: String, value: String) throws { #expect(try JSONValue.parse(Array(text.utf8)) == .string(value)) }

  @Test(
    "What is not JSON is refused, with its place",
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
    "A path removes what it leads to",
    arguments: [
      ("$.a", #"{"a":1,"b":2}"#, #"{"b":2}"#), ("a.b", #"{"a":{"b":1,"c":2}}"#, #"{"a":{"c":2}}"#),
      ("items[*].id", #"{"items":[{"id":1,"n":2},{"id":3}]}"#, #"{"items":[{"n":2},{}]}"#),
      ("items[0]", #"{"items":[1,2]}"#, #"{"items":[2]}"#),
      ("$..id", #"{"id":1,"a":[{"id":2,"b":3}]}"#, #"{"a":[{"b":3}]}"#),
      ("$['a b']", #"{"a b":1}"#, "{}"), ("x.y", #"{"x":1}"#, #"{"x":1}"#),
    ])
  func paths(path: String, before: String, after: String) throws {
    let value = try JSONValue.parse(Array(before.utf8))
    #expect(try #require(JSONPath(path)).removed(from: value)?.compact == after)
  }

  @Test("What is no path is refused", arguments: ["", "$", "a[", "a[x]", "$.."])
  func noPath(text: String) { #expect(JSONPath(text) == nil) }
}

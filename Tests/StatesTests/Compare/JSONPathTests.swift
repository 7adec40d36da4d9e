import Basics
import Testing

@testable import States

@Suite("JSON paths")
struct JSONPathTests {
  @Test(
    "A path removes the values that it selects",
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

  @Test("An invalid path is refused", arguments: ["", "$", "a[", "a[x]", "$.."])
  func noPath(text: String) { #expect(JSONPath(text) == nil) }
}

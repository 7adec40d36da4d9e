import S3
import Testing

@testable import States

@Suite("Places and patterns in options")
struct PlacePatternTests {
  @Test(
    "A pattern selects a bucket, its keys, all keys below a folder, or keys of any folder",
    arguments: [
      ("orders", ["a", "in/a"], []), ("orders/", ["a", "in/a"], []), ("s3://orders", ["a"], []),
      ("s3://orders/in/", ["in/", "in/a/b"], ["in", "a"]), ("orders/in", ["in"], ["in/", "in/a"]),
      ("*/in/*", ["in/a"], ["in/a/b"]), ("**", ["a", "in/a"], []), ("**/a", ["a", "in/a", "in/b/a"], ["in/ba"]),
      ("**/in/", ["in/", "x/in/a"], ["a"]), ("orders//**", ["/a"], ["a"]),
      ("{orders,x}/{in/a,b}", ["in/a", "b"], ["in/b"]),
      ("other", [], ["a"]), ("order", [], ["a"]),
    ])
  func named(text: String, keys: [String], others: [String]) {
    #expect(PlacePattern.problem(of: text) == nil)
    let pattern = PlacePattern(text)
    for key in keys {
      #expect(pattern.includes("orders") && pattern.includes("orders", ObjectKey(key)), "\(key)")
      #expect(key.utf8.starts(with: pattern.prefix.string.utf8))
    }
    for key in others { #expect(!pattern.includes("orders", ObjectKey(key)), "\(key)") }
  }

  @Test(
    "A pattern that cannot match anything is refused",
    arguments: ["", "/", "//", "s3://", "s3:///x", "/orders/**", "{a/b,c/d}", "a[b/c]"])
  func none(text: String) { #expect(PlacePattern.problem(of: text) != nil) }

  @Test("Places are prefixes, buckets, or folders")
  func places() {
    let scope = Scope(places: ["s3://orders/logs/2026", "archive/", "data/in/"], suffix: "-w1")
    #expect(scope.includes("orders-w1", "logs/2026") && scope.includes("orders-w1", "logs/2026/a/b"))
    #expect(!scope.includes("orders-w1", "logs/2025"))
    #expect(
      scope.includes("archive-w1", "x/y") && scope.includes("data-w1", "in/x/y") && !scope.includes("data-w1", "x"))
  }
}

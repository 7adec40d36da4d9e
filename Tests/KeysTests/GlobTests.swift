import S3
import Testing

@testable import Keys

@Suite("Patterns of keys")
struct GlobTests {
  @Test(
    "A pattern matches",
    arguments: [
      ("out/*.json", "out/a.json"), ("out/**", "out/a/b/c"), ("out/**", "out/"), ("**/a", "a"), ("**/a", "x/y/a"),
      ("**", "anything/at/all"), ("a?c", "abc"), ("a?c", "aéc"), ("[a-c]x", "bx"), ("[!a-c]x", "dx"),
      ("{one,two}/*", "two/x"), ("\\*", "*"), ("a/**/z", "a/z"), ("a/**/z", "a/b/c/z"), ("part-*", "part-00001.csv"),
      ("", ""), ("[", "["), ("{a", "{a"), ("a**b", "a/x/b"),
    ])
  func matches(pattern: String, text: String) { #expect(Glob(pattern).matches(text)) }

  @Test(
    "A pattern does not match",
    arguments: [
      ("out/*.json", "out/a/b.json"), ("out/*", "out"), ("a?c", "a/c"), ("[a-c]x", "/x"), ("**/a", "xa"),
      ("e\u{301}", "\u{E9}"), ("*", "a/b"), ("{one,two}", "three"), ("a/**/z", "az"),
    ])
  func doesNotMatch(pattern: String, text: String) { #expect(!Glob(pattern).matches(text)) }

  @Test("The prefix is what a listing can be narrowed to")
  func prefix() {
    #expect(Glob("out/2026-*/x").prefix == "out/2026-")
    #expect(Glob("**").prefix.isEmpty)
    #expect(Glob("é*").prefix == "é")
  }
}

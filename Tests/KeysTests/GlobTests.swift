import S3
import TestSupport
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
      ("", ""), ("[é]", "é"), ("[à-ü]x", "éx"), ("[!é]", "ü"), ("[日-本]", "日"), ("[!]]", "a"), ("[\\]]", "]"),
      ("[a\\-c]", "-"), ("[", "["), ("{a", "{a"), ("a**b", "a/x/b"),
    ])
  func matches(pattern: String, text: String) { #expect(Glob(pattern).matches(text)) }

  @Test(
    "A pattern does not match",
    arguments: [
      ("out/*.json", "out/a/b.json"), ("out/*", "out"), ("a?c", "a/c"), ("[a-c]x", "/x"), ("**/a", "xa"),
      ("e\u{301}", "\u{E9}"), ("*", "a/b"), ("{one,two}", "three"), ("[é]", "ü"), ("[!é]", "é"), ("[日-本][日-本]", "é"),
      ("[!]]", "]"), ("[a\\-c]", "b"),
      ("a/**/z", "az"),
    ])
  func doesNotMatch(pattern: String, text: String) { #expect(!Glob(pattern).matches(text)) }

  @Test("The prefix narrows a listing as far as possible")
  func prefix() {
    #expect(Glob("out/2026-*/x").prefix == "out/2026-")
    #expect(Glob("**").prefix.isEmpty)
    #expect(Glob("é*").prefix == "é")
  }

  /// Backtracking takes 900^20 attempts for each of them.
  @Test(
    "A pattern of many stars takes no time with a long key", .timeLimit(.minutes(1)),
    arguments: [
      ("", "*a", "*b"), ("", "**a", "**b"), ("**/", "*a*/", "b"), ("", "{*,**}a", "b"), ("", "{a,a}*a", "b"),
      ("**", "{*a,a*,**a}", "b"),
    ])
  func pathological(begin: String, repeated: String, end: String) {
    let glob = Glob(begin + String(repeating: repeated, count: 20) + end)
    let text = String(repeating: "a", count: 1000)
    #expect(!glob.matches(text))
    #expect(!glob.matches(text + "/" + text))
    if end.hasSuffix("*b") { #expect(glob.matches(text + "b")) }
  }

  @Test("Unclosed and deeply nested braces take no time", .timeLimit(.minutes(1)))
  func deepBraces() {
    let deep = 5000
    #expect(Glob(String(repeating: "{", count: deep)).matches(String(repeating: "{", count: deep)))
    let closed = String(repeating: "{a,", count: deep) + "b" + String(repeating: "}", count: deep)
    #expect(Glob(closed).matches("a") && Glob(closed).matches("b") && !Glob(closed).matches("c"))
    #expect(Glob(String(repeating: "[", count: deep)).matches(String(repeating: "[", count: deep)))
  }

  /// The message of a failure contains the seed.
  @Test("It agrees with a simple matcher that tries everything", arguments: 0..<40 as Range<UInt64>)
  func agrees(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let signs = ["a", "b", "/", "*", "**", "**/", "?", "{", "}", ",", "[", "]", "!", "-", "\\", "é"]
    let letters = ["a", "b", "/", "é", "-", ",", "{", "*", "]", "ü"]
    for _ in 0..<200 {
      let pattern = (0..<Int.random(in: 0...8, using: &random)).map { _ in signs.randomElement(using: &random)! }
        .joined()
      let (glob, simple) = (Glob(pattern), SimpleGlob(pattern))
      for _ in 0..<20 {
        let text = (0..<Int.random(in: 0...6, using: &random)).map { _ in letters.randomElement(using: &random)! }
          .joined()
        #expect(glob.matches(text) == simple.matches(text), "seed \(seed), pattern \(pattern), text \(text)")
      }
    }
  }

  @Test("Matching many keys pauses, so that the caller can stop it")
  func pauses() async throws {
    struct Stop: Error {}
    let keys = (0..<10_000).map { "key-\($0)" }
    var pauses = 0
    let found = await Glob("*-*5").matching(keys, { $0 }, pause: { pauses += 1 })
    #expect(found == keys.filter { $0.hasSuffix("5") } && pauses > 1)
    await #expect(throws: Stop.self) {
      _ = try await Glob("*-*5").matching(keys, { $0 }, pause: { () throws(Stop) in throw Stop() })
    }
  }
}

import Keys
import Testing

@Suite("Invalid patterns")
struct GlobProblemTests {
  @Test("Unclosed brackets are refused", arguments: ["[a", "a/[", "[]", "{a,b", "{a,{b}", "a[b{", "a\\", "{[}"])
  func none(pattern: String) {
    #expect(Glob.problem(of: pattern)?.hasPrefix("\"\(pattern)\" is no pattern: nothing ") == true)
  }

  @Test(
    "Valid patterns, and characters that stand for themselves",
    arguments: [
      "", "a", "**/*.csv", "[a-z]", "[]a]", "[!]]", "{a,b}", "{a,{b,c}}", "a]b", "a}b", "\\[a", "\\{", "\\\\", "[{]",
    ]
  )
  func some(pattern: String) { #expect(Glob.problem(of: pattern) == nil) }
}

import Keys
import Testing

@Suite("Patterns that are none")
struct GlobProblemTests {
  @Test("Whatever opens is closed", arguments: ["[a", "a/[", "[]", "{a,b", "{a,{b}", "a[b{", "a\\", "{[}"])
  func none(pattern: String) {
    #expect(Glob.problem(of: pattern)?.hasPrefix("\"\(pattern)\" is no pattern: nothing ") == true)
  }

  @Test(
    "Patterns, and characters that are taken as they are",
    arguments: [
      "", "a", "**/*.csv", "[a-z]", "[]a]", "[!]]", "{a,b}", "{a,{b,c}}", "a]b", "a}b", "\\[a", "\\{", "\\\\", "[{]",
    ]
  )
  func some(pattern: String) { #expect(Glob.problem(of: pattern) == nil) }
}

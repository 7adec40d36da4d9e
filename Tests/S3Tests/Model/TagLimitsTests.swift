import Testing

@testable import S3

@Suite("Limits of tags")
struct TagLimitsTests {
  private typealias Tag = S3.Tag

  @Test("The number of tags, duplicate names and lengths in characters are checked")
  func limits() {
    func tags(_ count: Int) -> [Tag] { (0..<count).map { Tag(key: "t\($0)", value: "") } }
    #expect(Tag.problem(of: tags(10)) == nil)
    #expect(Tag.problem(of: tags(11)) != nil)
    #expect(Tag.problem(of: [Tag(key: "a", value: "1"), Tag(key: "a", value: "2")]) != nil)
    func length(_ name: Int, _ value: Int) -> String? {
      Tag.problem(of: [
        Tag(key: String(repeating: "é", count: name), value: String(repeating: "é", count: value))
      ])
    }
    #expect(length(128, 256) == nil)
    #expect(length(0, 1) != nil)
    #expect(length(129, 1) != nil)
    #expect(length(1, 257) != nil)
  }

  @Test(
    "Letters, digits and spaces of all languages, and some signs", arguments: ["日本 é", "a b", "_.:/=+-@", "²", "AWS:x"])
  func characters(text: String) { #expect(Tag(key: text, value: text).problem == nil) }

  @Test("Other characters are refused", arguments: ["a!b", "a\nb", "a,b", "😀", "か\u{3099}"])
  func others(text: String) {
    #expect(Tag(key: text, value: "").problem == "\"\(text)\" cannot be a tag's name")
    #expect(Tag(key: "a", value: text).problem == "\"\(text)\" cannot be a tag's value")
  }

  @Test("Names reserved by AWS are refused")
  func reserved() {
    #expect(Tag(key: "aws:x", value: "").problem != nil)
    #expect(Tag(key: "a", value: "aws:x").problem == nil)
  }
}

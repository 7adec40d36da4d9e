import Testing

@testable import HTTPFront

struct PercentCodingTests {
  @Test(arguments: [
    ("a%2Fb", "a/b"), ("a+b", "a+b"), ("%E6%97%A5", "日"), ("%00", "\0"), ("%e6%97%a5", "日"), ("100%25", "100%"),
    ("", ""), ("日", "日"),
  ])
  func `decoding works byte by byte and leaves plus alone`(encoded: String, text: String) {
    #expect(PercentCoding.decode(encoded) == text)
  }

  @Test(arguments: ["%", "%4", "%zz", "%4g", "%ff", "%C3", "a%E6%97"])
  func `malformed escapes and bytes that are not UTF-8 are refused`(encoded: String) {
    #expect(PercentCoding.decode(encoded) == nil)
  }

  @Test func `a plus in a form is a space`() {
    #expect(PercentCoding.decode("a+b%2B", plusIsSpace: true) == "a b+")
  }

  @Test(arguments: ["a b/日本?#&+%\"<>\n", "../x", "é", "\u{1F600}\0"])
  func `encoded text has only unreserved bytes and decodes to the original`(text: String) {
    let encoded = PercentCoding.encode(text)
    #expect(PercentCoding.decode(encoded) == text)
    #expect(encoded.utf8.allSatisfy { PercentCoding.isUnreserved($0) || $0 == UInt8(ascii: "%") })
  }
}

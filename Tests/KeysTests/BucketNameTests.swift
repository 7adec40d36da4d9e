// SEMANTICS: 5.1
import Testing

@testable import Keys

@Suite("Bucket names")
struct BucketNameTests {
  @Test(
    "A valid name is accepted",
    arguments: ["abc", "my-bucket.logs", "1.2.3", "10.0.0.0.1", "1000.0.0.1", "a--b", "0x0"])
  func accepted(name: String) throws { try BucketName.validate(name) }

  @Test(
    "An invalid name is refused with the rule that it breaks",
    arguments: [
      ("", "3 to 63"), ("ab", "3 to 63"), (String(repeating: "a", count: 64), "3 to 63"), ("Upper", "lower-case"),
      ("under_score", "lower-case"), ("bücket", "lower-case"), ("-abc", "begin and end"), ("abc.", "begin and end"),
      ("a..b", "two dots"), ("192.168.0.1", "IP address"), ("xn--abc", "xn--"), ("sthree-abc", "sthree-"),
      ("abc-s3alias", "-s3alias"), ("abc--x-s3", "--x-s3"),
    ])
  func refused(name: String, rule: String) throws {
    let error = #expect(throws: BucketNameError.self) { try BucketName.validate(name) }
    #expect(try #require(error).description.contains(rule))
  }

  @Test func `names of older buckets are accepted where a bucket exists already`() throws {
    for name in ["My_Bucket", "box", "a.b-c", String(repeating: "x", count: 255)] {
      try BucketName.validateExisting(name)
    }
    for name in ["", "ab", "127.0.0.1", "host:80", "a b", "a/b", "\u{11}bc", "ドット", String(repeating: "x", count: 256)]
    {
      #expect(throws: BucketNameError.self, "\(name)") { try BucketName.validateExisting(name) }
    }
  }
}

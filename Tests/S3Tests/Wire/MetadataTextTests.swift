import Testing

@testable import S3

@Suite("User metadata in headers")
struct MetadataTextTests {
  @Test(
    "every value is decoded to itself, and sent as visible ASCII",
    arguments: [
      "", "plain", "33188", "日本語のとても長いタイトル、一語では足りない🪣🪣🪣", " lead", "trail ", "two  spaces", "tab\tand\nline",
      "=?UTF-8?B?eA==?=", "a=?b", "e\u{301}", String(repeating: "é", count: 300),
    ])
  func roundTrip(value: String) {
    let encoded = MetadataText.encode(value)
    #expect(encoded.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(encoded.split(separator: " ").allSatisfy { !$0.hasPrefix("=?") || $0.utf8.count <= 75 })
    #expect(ObjectKey(MetadataText.decode(encoded)) == ObjectKey(value))
  }

  @Test("values that need no encoding are sent unchanged")
  func plain() {
    #expect(MetadataText.encode("1700000000.5 a=b") == "1700000000.5 a=b")
  }

  @Test("other clients' encoded words are decoded: Q, lower case, Latin-1, text around them")
  func foreign() {
    #expect(MetadataText.decode("=?utf-8?q?caf=C3=A9_au_lait?=") == "café au lait")
    #expect(MetadataText.decode("=?ISO-8859-1?Q?a=E9?= tail") == "aé tail")
    #expect(MetadataText.decode("=?UTF-8?B?YQ==?=  =?UTF-8?B?Yg==?=") == "ab")
    #expect(MetadataText.decode("=?UTF-8?X?YQ==?=") == "=?UTF-8?X?YQ==?=")
    #expect(MetadataText.decode("a = ?b") == "a = ?b")
  }

  @Test("a name that is invalid in a header is refused, and so is a line feed in a value")
  func refused() {
    func error(_ properties: ObjectProperties) -> S3Error? {
      do throws(S3Error) {
        var request = S3Request("PutObject", .put, bucket: "b")
        try request.apply(properties)
        return nil
      } catch {
        return error
      }
    }
    #expect(error(ObjectProperties(userMetadata: ["a b": "x"]))?.code == .invalidRequest)
    #expect(error(ObjectProperties(contentType: "text/plain\r\nx-amz-acl: public-read"))?.code == .invalidRequest)
    #expect(error(ObjectProperties(contentType: "text/plain", userMetadata: ["a": "x\ny"])) == nil)
  }
}

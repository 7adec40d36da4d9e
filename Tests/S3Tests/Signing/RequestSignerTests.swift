import Testing

@testable import S3

/// The examples of "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
@Suite("Signature Version 4: the examples of Amazon's documentation")
struct RequestSignerTests {
  private let date = SigningDate(Timestamp(seconds: 1_369_353_600))
  private let signer = RequestSigner(
    accessKeyID: "AKIAIOSFODNN7EXAMPLE",
    key: SigningKey(secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", day: "20130524", region: "us-east-1"))
  private let host = HeaderField(name: "Host", value: "examplebucket.s3.amazonaws.com")
  private let prefix = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "

  private func authorization(
    _ method: String, _ path: String, query: String = "", _ headers: [(String, String)],
    payload: String = Digest.emptySHA256
  ) -> String {
    let fields =
      [host] + headers.map { HeaderField(name: $0.0, value: $0.1) } + [
        HeaderField(name: "x-amz-content-sha256", value: payload), HeaderField(name: "x-amz-date", value: date.stamp),
      ]
    return signer.authorization(
      method: method, path: path, query: query, headers: fields, payloadHash: payload, date: date)
  }

  @Test("the date is written in both forms")
  func dates() {
    #expect(date.stamp == "20130524T000000Z")
    #expect(date.day == "20130524")
    #expect(SigningDate(Timestamp(seconds: 1_709_210_096)).stamp == "20240229T123456Z")
  }

  @Test("GET Object with a range")
  func getObject() {
    #expect(
      authorization("GET", "/test.txt", [("Range", "bytes=0-9")]) == prefix
        + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
  }

  @Test("PUT Object, whose key is encoded")
  func putObject() {
    let payload = PayloadDigest(Array("Welcome to Amazon S3.".utf8))
    #expect(payload.hexadecimal == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
    #expect(
      authorization(
        "PUT", "/" + PercentEncoding.encode("test$file.text", keepsSlash: true),
        [("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
        payload: payload.hexadecimal) == prefix
        + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
        + "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
  }

  @Test("GET Bucket Lifecycle: a parameter without a value")
  func lifecycle() {
    #expect(
      authorization("GET", "/", query: QueryItem.canonical([QueryItem("lifecycle")]), []) == prefix
        + "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        + "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
  }

  @Test("GET Bucket (List Objects): parameters are sorted")
  func list() {
    let query = QueryItem.canonical([QueryItem("prefix", "J"), QueryItem("max-keys", "2")])
    #expect(query == "max-keys=2&prefix=J")
    #expect(
      authorization("GET", "/", query: query, []) == prefix
        + "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
        + "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
  }

  @Test("a presigned URL")
  func presigned() {
    #expect(
      signer.presignedQuery(
        method: "GET", path: "/test.txt", host: "examplebucket.s3.amazonaws.com", expiresIn: 86_400, date: date)
        == "X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
  }

  @Test("header values are trimmed, and runs of spaces collapsed")
  func canonicalHeaders() {
    let canonical = CanonicalHeaders([
      HeaderField(name: "X-B", value: "  two   words "), HeaderField(name: "x-a", value: "1"),
    ])
    #expect(canonical.lines == Array("x-a:1\nx-b:two words\n".utf8))
    #expect(canonical.names == "x-a;x-b")
  }

  @Test("a key is encoded byte by byte and never normalised")
  func keys() {
    func path(_ key: String) -> String { PercentEncoding.encode(key, keepsSlash: true) }
    #expect(path("a//b/../c/.") == "a//b/../c/.")
    #expect(path("a b+c%20?d#e&f=g") == "a%20b%2Bc%2520%3Fd%23e%26f%3Dg")
    #expect(path("é\u{301}\u{1}\n~-_.") == "%C3%A9%CC%81%01%0A~-_.")
    #expect(PercentEncoding.encode("a/b") == "a%2Fb")
  }

  @Test("the signing key is cached for a day, and replaced on the next")
  func keyCache() {
    let cache = SigningKeyCache(secret: "s", region: "r")
    let today = SigningDate(Timestamp(seconds: 0))
    #expect(cache.key(for: today) == SigningKey(secret: "s", day: "19700101", region: "r"))
    #expect(cache.key(for: today).scope == "19700101/r/s3/aws4_request")
    #expect(cache.key(for: SigningDate(Timestamp(seconds: 86_400))).scope == "19700102/r/s3/aws4_request")
  }
}

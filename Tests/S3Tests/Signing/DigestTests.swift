import Testing

@testable import S3

@Suite("Digests and encodings")
struct DigestTests {
  @Test("SHA-256 at once, in pieces and of no bytes")
  func sha256() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(Hexadecimal.encode(Digest.sha256("abc".utf8)) == expected)
    var pieces = IncrementalDigest()
    for piece in ["a", "bc"] { Array(piece.utf8).withUnsafeBytes { pieces.update($0) } }
    #expect(Hexadecimal.encode(pieces.finish()) == expected)
    #expect(PayloadDigest.empty.hexadecimal == Digest.emptySHA256)
  }

  @Test("HMAC-SHA-256: RFC 4231, test case 2")
  func hmac() {
    #expect(
      Hexadecimal.encode(Digest.hmacSHA256(key: Array("Jefe".utf8), "what do ya want for nothing?"))
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  }

  @Test("a large body has the right digest")
  func largeBody() async {
    let bytes = [UInt8](repeating: 9, count: 3 << 20)
    #expect(await PayloadDigest.of(.bytes(bytes)) == PayloadDigest(bytes))
  }

  @Test("Base64 both ways", arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar"])
  func base64(text: String) {
    let encoded = Base64.encode(Array(text.utf8))
    #expect(Base64.decode(encoded) == Array(text.utf8))
    #expect(encoded.utf8.count % 4 == 0)
  }

  @Test("invalid Base64 decodes to nil")
  func notBase64() {
    #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
    #expect(Base64.decode("Zm9vY") == nil)
    #expect(Base64.decode("Zm9v!!!!") == nil)
  }

  @Test("percent-decoding reads + as a space and leaves invalid escapes unchanged")
  func percentDecoding() {
    #expect(PercentEncoding.decode("a+b%20c%2Bd%E3%81%82") == "a b c+dあ")
    #expect(PercentEncoding.decode("100%") == "100%")
    let kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    for scalar in (0..<0x180).compactMap(Unicode.Scalar.init(_:)) {
      let text = String(scalar)
      let encoded = PercentEncoding.encode(text)
      #expect((encoded == text) == kept.unicodeScalars.contains(scalar) && PercentEncoding.decode(encoded) == text)
      var bytes: [UInt8] = []
      PercentEncoding.append(text, to: &bytes)
      #expect(bytes == Array(encoded.utf8))
    }
    #expect(PercentEncoding.decode("%zz%4") == "%zz%4")
    for key in HostileKeys.all {
      #expect(ObjectKey(PercentEncoding.decode(PercentEncoding.encode(key.string))) == key)
    }
  }
}

import Testing

@testable import S3

struct BodyDigestsTests {
  /// Digests of "123456789".
  private static let right: [(name: String, value: String)] = [
    ("Content-MD5", "JfnnlDI7RTiF9RgfG2JNCw=="), ("x-amz-checksum-crc32", "y/Q5Jg=="),
    ("x-amz-checksum-crc32c", "4waSgw=="), ("X-Amz-Checksum-CRC64NVME", "rosUhgp5mIg="),
    ("x-amz-content-sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
  ]

  @Test(arguments: ["Content-MD5", "x-amz-checksum-crc32", "x-amz-checksum-crc32c", "X-Amz-Checksum-CRC64NVME"])
  func `a digest of other bytes is detected`(name: String) throws {
    let field = try #require(Self.right.first { $0.name == name })
    for (text, agrees) in [("123456789", true), ("123456780", false), ("", false)] {
      let digests = try BodyDigests([field])
      for byte in text.utf8 { digests.update([byte]) }
      #expect((digests.mismatch() == nil) == agrees)
    }
  }

  @Test func `hashes are verified too`() throws {
    let bytes = Array("123456789".utf8)
    for (name, algorithm) in [("sha1", IncrementalDigest.Algorithm.sha1), ("sha256", .sha256)] {
      var hash = IncrementalDigest(algorithm)
      bytes.withUnsafeBytes { hash.update($0) }
      let field = (name: "x-amz-checksum-\(name)", value: Base64.encode(hash.finish()))
      let (right, wrong) = (try BodyDigests([field]), try BodyDigests([field]))
      right.update(bytes)
      wrong.update(bytes + [0])
      #expect(right.mismatch() == nil && wrong.mismatch() == field.name)
    }
    let digests = try BodyDigests([Self.right[4], ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")])
    digests.update(bytes)
    #expect(digests.mismatch() == nil)
  }

  @Test(arguments: ["Content-MD5", "x-amz-checksum-crc32", "x-amz-checksum-sha256", "x-amz-content-sha256"])
  func `an invalid digest is refused as malformed`(name: String) {
    for value in ["?", "AAAA", "c2hvcnQ=", "zz"] {
      #expect(throws: BodyDigests.Malformed.self) { try BodyDigests([(name, value)]) }
    }
  }
}

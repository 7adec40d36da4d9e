/// Compares a body, as it arrives, with the checksum that the server stores of the whole object (`x-amz-checksum-*`),
/// else with the ETag where that is the MD5 of the bytes.
struct BodyCheck: ~Copyable {
  /// One of these.
  private var hash: IncrementalDigest?
  private var sum: CRC32?
  private let expected: [UInt8]

  /// Selects the checksum of the whole object; nil if there is none that is supported. A checksum of a multipart
  /// upload's parts (its text ends in "-3") says nothing about the whole.
  init?(_ response: ResponseHead) {
    let isWhole = response["x-amz-checksum-type"] != "COMPOSITE"
    func value(_ name: String) -> [UInt8]? {
      isWhole ? response["x-amz-checksum-" + name].flatMap { Base64.decode($0) } : nil
    }
    if let sum = value("sha256"), sum.count == 32 {
      hash = IncrementalDigest()
      expected = sum
    } else if let sum = value("crc32"), sum.count == 4 {
      self.sum = CRC32(.ieee)
      expected = sum
    } else if let sum = value("crc32c"), sum.count == 4 {
      self.sum = CRC32(.castagnoli)
      expected = sum
    } else if let sum = Self.md5(response), IncrementalDigest.hasMD5 {
      hash = IncrementalDigest(.md5)
      expected = sum
    } else {
      return nil
    }
  }

  /// Returns the MD5 in the ETag. The ETag of an object that was put as a whole is the MD5 of its bytes, unless it is
  /// encrypted with a key of KMS or of the client.
  private static func md5(_ response: ResponseHead) -> [UInt8]? {
    guard response["x-amz-server-side-encryption"] ?? "AES256" == "AES256",
      response["x-amz-server-side-encryption-customer-algorithm"] == nil, let etag = response["etag"]
    else { return nil }
    let sum = Hexadecimal.decode(ETag(etag).value)
    return sum?.count == 16 ? sum : nil
  }

  mutating func update(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { buffer in
      hash?.update(buffer)
      sum?.update(buffer)
    }
  }

  /// Returns whether all bytes together are those that the server has.
  consuming func matches() -> Bool {
    if let sum { return withUnsafeBytes(of: sum.value.bigEndian) { Array($0) } == expected }
    let expected = expected
    return hash.take()?.finish() == expected
  }
}

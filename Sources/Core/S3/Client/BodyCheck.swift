/// Compares a body with the checksum that the server keeps of the whole object (`x-amz-checksum-*`), as it arrives.
struct BodyCheck: ~Copyable {
  /// One of these.
  private var hash: IncrementalDigest?
  private var sum: CRC32?
  private let expected: [UInt8]

  /// nil without a checksum of the whole object that is understood here. One of a multipart upload's parts (its text
  /// ends in "-3") tells nothing of the whole.
  init?(_ response: ResponseHead) {
    func value(_ name: String) -> [UInt8]? { response["x-amz-checksum-" + name].flatMap { Base64.decode($0) } }
    guard response["x-amz-checksum-type"] != "COMPOSITE" else { return nil }
    if let sum = value("sha256"), sum.count == 32 {
      hash = .sha256()
      expected = sum
    } else if let sum = value("crc32"), sum.count == 4 {
      self.sum = CRC32(.ieee)
      expected = sum
    } else if let sum = value("crc32c"), sum.count == 4 {
      self.sum = CRC32(.castagnoli)
      expected = sum
    } else {
      return nil
    }
  }

  mutating func update(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { buffer in
      hash?.update(buffer)
      sum?.update(buffer)
    }
  }

  /// Whether all bytes together are those that the server has.
  consuming func matches() -> Bool {
    if let sum { return withUnsafeBytes(of: sum.value.bigEndian) { Array($0) } == expected }
    let expected = expected
    return hash.take()?.finish() == expected
  }
}

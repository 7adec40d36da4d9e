/// The digests that a client declares for its body, computed as the body arrives: Content-MD5, `x-amz-checksum-*` and
/// `x-amz-content-sha256`. For one task.
public final class BodyDigests {
  /// A value that is not a digest of its kind.
  public struct Malformed: Error, Sendable {
    public let header: String
  }

  private final class Running {
    let header: String
    let expected: [UInt8]
    var hash: IncrementalDigest?
    var crc32: CRC32?
    var crc64: CRC64?

    init(_ header: String, _ expected: [UInt8]) { (self.header, self.expected) = (header, expected) }
  }

  private let running: [Running]

  /// Takes the fields that it supports. Throws for those whose value is malformed.
  public init(_ fields: [(name: String, value: String)]) throws(Malformed) {
    var running: [Running] = []
    for (name, value) in fields {
      if let digest = try Self.digest(name.lowercased(), value) { running.append(digest) }
    }
    self.running = running
  }

  /// Returns whether a header, its name in lower case, is one of those that are verified here.
  public static func knows(_ header: String) -> Bool { header == "content-md5" || lengths[header] != nil }

  private static let lengths = [
    "x-amz-checksum-crc32": 4, "x-amz-checksum-crc32c": 4, "x-amz-checksum-crc64nvme": 8, "x-amz-checksum-sha1": 20,
    "x-amz-checksum-sha256": 32,
  ]

  private static func digest(_ name: String, _ value: String) throws(Malformed) -> Running? {
    if name == "x-amz-content-sha256" {
      guard !value.hasPrefix("UNSIGNED-PAYLOAD"), !value.isEmpty else { return nil }
      guard let sum = Hexadecimal.decode(value), sum.count == 32 else { throw Malformed(header: name) }
      return hashing(name, sum, .sha256)
    }
    guard knows(name) else { return nil }
    guard let sum = Base64.decode(value), sum.count == lengths[name] ?? 16 else { throw Malformed(header: name) }
    switch name {
    case "x-amz-checksum-crc32", "x-amz-checksum-crc32c":
      let digest = Running(name, sum)
      digest.crc32 = CRC32(name == "x-amz-checksum-crc32" ? .ieee : .castagnoli)
      return digest
    case "x-amz-checksum-crc64nvme":
      let digest = Running(name, sum)
      digest.crc64 = CRC64()
      return digest
    case "x-amz-checksum-sha1": return hashing(name, sum, .sha1)
    case "x-amz-checksum-sha256": return hashing(name, sum, .sha256)
    // Without MD5 (FIPS mode) it cannot be verified.
    default: return IncrementalDigest.hasMD5 ? hashing(name, sum, .md5) : nil
    }
  }

  private static func hashing(_ name: String, _ sum: [UInt8], _ algorithm: IncrementalDigest.Algorithm) -> Running {
    let digest = Running(name, sum)
    digest.hash = IncrementalDigest(algorithm)
    return digest
  }

  public func update(_ bytes: [UInt8]) {
    guard !running.isEmpty else { return }
    bytes.withUnsafeBytes { buffer in
      for digest in running {
        digest.hash?.update(buffer)
        digest.crc32?.update(buffer)
        digest.crc64?.update(buffer)
      }
    }
  }

  /// Returns the header whose digest does not match the bytes; nil if all match. No bytes may be added afterwards.
  public func mismatch() -> String? {
    running.first { digest in
      let sum =
        if let hash = digest.hash.take() { hash.finish() } else if let crc = digest.crc32 {
          withUnsafeBytes(of: crc.value.bigEndian) { Array($0) }
        } else { withUnsafeBytes(of: (digest.crc64?.value ?? 0).bigEndian) { Array($0) } }
      return sum != digest.expected
    }?.header
  }
}

/// CRC-64/NVME computed piece by piece, a byte at a step.
struct CRC64: Sendable {
  private static let table: [UInt64] = (0..<256).map { byte in
    (0..<8).reduce(UInt64(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x9A6C_9329_AC4B_C9B5 : crc >> 1 }
  }

  private var state: UInt64 = ~0
  var value: UInt64 { ~state }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    Self.table.withUnsafeBufferPointer { table in
      for byte in bytes { crc = table[Int((crc ^ UInt64(byte)) & 0xFF)] ^ crc >> 8 }
    }
    state = crc
  }
}

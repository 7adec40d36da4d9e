import S3

/// ETags of the shape that S3's have. The hash is FNV-1a over words: the same for the same bytes on every machine, but
/// no MD5, since an ETag is opaque.
enum ContentHash {
  static func etag(_ bytes: [UInt8]) -> ETag { ETag(hexadecimal(bytes)) }

  /// Of an upload in parts: a hash of the parts' ETags and their number.
  static func etag(ofParts parts: [ETag]) -> ETag {
    ETag(hexadecimal(Array(parts.map(\.value).joined().utf8)) + "-\(parts.count)")
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let halves = [0xCBF2_9CE4_8422_2325 as UInt64, 0x8422_2325_CBF2_9CE4].map { hash(bytes, seed: $0) }
    return halves.map { half in
      let digits = String(half, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  private static func hash(_ bytes: [UInt8], seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(bytes.count)
    bytes.withUnsafeBytes { buffer in
      let words = buffer.count / 8
      for index in 0..<words {
        hash = (hash ^ buffer.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)) &* 0x100_0000_01B3
        hash ^= hash >> 29
      }
      for index in words * 8..<buffer.count { hash = (hash ^ UInt64(buffer[index])) &* 0x100_0000_01B3 }
    }
    return hash
  }
}

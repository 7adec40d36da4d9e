import S3

/// ETags as S3 makes them: the MD5 of a body, and of the parts' MD5s with their number.
enum ContentHash {
  static func etag(_ bytes: [UInt8]) -> ETag {
    guard let etag = ETag(ofBody: bytes) else { fatalError("libcrypto refuses MD5") }
    return etag
  }

  static func etag(ofParts parts: [ETag]) -> ETag {
    guard let etag = ETag(ofParts: parts) else { fatalError("a part's ETag is no MD5") }
    return etag
  }
}

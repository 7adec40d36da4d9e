import CCrypto

/// A SHA-256 or an MD5 computed piece by piece.
struct IncrementalDigest: ~Copyable {
  private let context: OpaquePointer?
  private let length: Int

  static func sha256() -> IncrementalDigest {
    let digest = IncrementalDigest(length: 32)
    EVP_DigestInit_ex(digest.context, EVP_sha256(), nil)
    return digest
  }

  /// nil where libcrypto refuses MD5 (FIPS mode).
  static func md5() -> IncrementalDigest? {
    let digest = IncrementalDigest(length: 16)
    guard EVP_DigestInit_ex(digest.context, EVP_md5(), nil) == 1 else { return nil }
    return digest
  }

  private init(length: Int) {
    context = EVP_MD_CTX_new()
    self.length = length
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  consuming func finish() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: length)
    EVP_DigestFinal_ex(context, &output, nil)
    return output
  }
}

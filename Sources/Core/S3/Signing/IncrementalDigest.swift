import CCrypto

/// A digest computed piece by piece.
struct IncrementalDigest: ~Copyable {
  private let context: OpaquePointer?

  enum Algorithm {
    case sha256
    /// Of S3's ETags. Only where `hasMD5`.
    case md5
  }

  /// False where libcrypto refuses MD5 (FIPS mode).
  static let hasMD5 = Digest.md5([]) != nil

  init(_ algorithm: Algorithm = .sha256) {
    context = EVP_MD_CTX_new()
    EVP_DigestInit_ex(context, algorithm == .md5 ? EVP_md5() : EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  consuming func finish() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(context, &output, &count)
    return Array(output[..<Int(count)])
  }
}

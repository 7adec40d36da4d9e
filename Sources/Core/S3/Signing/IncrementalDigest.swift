import CCrypto

/// A digest computed piece by piece.
package struct IncrementalDigest: ~Copyable {
  private let context: OpaquePointer?

  package enum Algorithm {
    case sha256
    case sha1
    /// The digest of S3's ETags. Only where `hasMD5`.
    case md5
  }

  /// False where libcrypto refuses MD5 (FIPS mode).
  package static let hasMD5 = Digest.md5([]) != nil

  package init(_ algorithm: Algorithm = .sha256) {
    context = EVP_MD_CTX_new()
    let kind =
      switch algorithm {
      case .sha256: EVP_sha256()
      case .sha1: EVP_sha1()
      case .md5: EVP_md5()
      }
    EVP_DigestInit_ex(context, kind, nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  package mutating func update(_ bytes: RawSpan) { bytes.withUnsafeBytes { update($0) } }

  package consuming func finish() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    EVP_DigestFinal_ex(context, &output, &count)
    return Array(output[..<Int(count)])
  }
}

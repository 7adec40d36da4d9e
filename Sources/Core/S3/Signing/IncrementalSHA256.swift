import CCrypto

/// A SHA-256 computed piece by piece.
struct IncrementalSHA256: ~Copyable {
  private let context: OpaquePointer?

  init() {
    context = EVP_MD_CTX_new()
    EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  deinit { EVP_MD_CTX_free(context) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

  consuming func finish() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    EVP_DigestFinal_ex(context, &output, nil)
    return output
  }
}

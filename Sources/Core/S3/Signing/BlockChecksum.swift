import CCrypto

/// A checksum of cached bytes: GMAC under a fixed key, the fastest that libcrypto has. It finds damage, not malice.
package enum BlockChecksum {
  /// In bytes.
  package static let size = 16

  /// Returns the checksum of bytes.
  /// - Parameter place: where the bytes belong. The same bytes elsewhere have another checksum.
  package static func of(_ bytes: [UInt8], at place: Int64) -> [UInt8] {
    var tag = [UInt8](repeating: 0, count: size)
    let key = [UInt8](repeating: 0, count: 16)
    let nonce = withUnsafeBytes(of: place.littleEndian) { Array($0) } + [0, 0, 0, 0]
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var length: Int32 = 0
    // Bytes that are authenticated only, nothing is encrypted: that is GMAC (NIST SP 800-38D).
    let done =
      EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nil, key, nonce) == 1
      && EVP_EncryptUpdate(context, nil, &length, bytes, Int32(bytes.count)) == 1
      && EVP_EncryptFinal_ex(context, &tag, &length) == 1
      && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(size), &tag) == 1
    precondition(done, "libcrypto has no AES-GCM")
    return tag
  }
}

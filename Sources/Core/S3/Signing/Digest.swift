import CCrypto

/// SHA-256, HMAC-SHA-256 and MD5 by libcrypto.
package enum Digest {
  /// The SHA-256 of no bytes, in hexadecimal: the payload hash of a request without a body.
  static let emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  package static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] { digest(bytes, length: 32, EVP_sha256()) }

  /// Computes the digest for Content-MD5, which S3 requires on some requests. nil if libcrypto refuses MD5 (FIPS mode).
  package static func md5(_ bytes: [UInt8]) -> [UInt8]? {
    var output = [UInt8](repeating: 0, count: 16)
    return EVP_Digest(bytes, bytes.count, &output, nil, EVP_md5(), nil) == 1 ? output : nil
  }

  static func hmacSHA256(key: [UInt8], _ message: String) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: 32)
    var message = message
    message.withUTF8 { bytes in
      _ = HMAC(EVP_sha256(), key, Int32(key.count), bytes.baseAddress, bytes.count, &output, nil)
    }
    return output
  }

  private static func digest(_ bytes: some Sequence<UInt8>, length: Int, _ algorithm: OpaquePointer?) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: length)
    let done: Void? = bytes.withContiguousStorageIfAvailable { bytes in
      _ = EVP_Digest(bytes.baseAddress, bytes.count, &output, nil, algorithm, nil)
    }
    if done == nil {
      let copy = Array(bytes)
      _ = EVP_Digest(copy, copy.count, &output, nil, algorithm, nil)
    }
    return output
  }
}

enum CryptoLibrary {
  /// Initializes libcrypto without its clean-up at exit(3), before anything else uses it. The clean-up frees what
  /// libcrypto keeps for each thread; a thread that ends at that moment, such as that of a client whose last user is
  /// done, frees it, too, and the process aborts.
  static func start() -> Bool { OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1 }
}

/// 64 bits of the SHA-256 of a name, the same in every process.
package enum StableHash {
  package static func of(_ name: [UInt8]) -> UInt64 {
    Digest.sha256(name).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }
}

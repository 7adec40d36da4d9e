import CCrypto

/// RFC 4648 section 4, by libcrypto.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> String {
    // EVP_EncodeBlock adds a NUL.
    var output = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&output, bytes, Int32(bytes.count))
    return String(decoding: output[..<Int(count)], as: UTF8.self)
  }

  /// Decodes Base64; nil when the text is not Base64.
  static func decode(_ text: String) -> [UInt8]? {
    let input = Array(text.utf8)
    guard input.count % 4 == 0 else { return nil }
    guard !input.isEmpty else { return [] }
    var output = [UInt8](repeating: 0, count: input.count / 4 * 3)
    guard EVP_DecodeBlock(&output, input, Int32(input.count)) >= 0 else { return nil }
    // EVP_DecodeBlock counts padding as bytes.
    let padding = input.suffix(2).count { $0 == UInt8(ascii: "=") }
    return Array(output.dropLast(padding))
  }
}

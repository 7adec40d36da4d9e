import CCrypto

/// Bytes as text, and text as bytes.
enum Hexadecimal {
  private static let lower = Array("0123456789abcdef".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      for (index, byte) in bytes.enumerated() {
        buffer[index * 2] = lower[Int(byte >> 4)]
        buffer[index * 2 + 1] = lower[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }

  /// The value of one digit.
  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// RFC 4648 section 4, by libcrypto.
enum Base64 {
  static func encode(_ bytes: [UInt8]) -> String {
    // EVP_EncodeBlock adds a NUL.
    var output = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    let count = EVP_EncodeBlock(&output, bytes, Int32(bytes.count))
    return String(decoding: output[..<Int(count)], as: UTF8.self)
  }

  /// nil when the text is not Base64.
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

/// Percent-encoding as Signature Version 4 defines it (every byte but `A-Z a-z 0-9 - . _ ~`, in upper case).
enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }

  /// Encodes a query's name or value, or (`keepsSlash`) a key as it stands in a path: byte by byte, nothing normalised.
  static func encode(_ text: String, keepsSlash: Bool = false) -> String {
    let utf8 = text.utf8
    let kept: (UInt8) -> Bool = { isUnreserved($0) || (keepsSlash && $0 == UInt8(ascii: "/")) }
    let encoded = utf8.count { !kept($0) }
    guard encoded > 0 else { return text }
    return String(unsafeUninitializedCapacity: utf8.count + encoded * 2) { buffer in
      var index = 0
      for byte in utf8 {
        if kept(byte) {
          buffer[index] = byte
          index += 1
        } else {
          buffer[index] = UInt8(ascii: "%")
          buffer[index + 1] = digits[Int(byte >> 4)]
          buffer[index + 2] = digits[Int(byte & 15)]
          index += 3
        }
      }
      return index
    }
  }

  /// Undoes the encoding of `encoding-type=url`, in which a space may be `+`. What is no encoding stays as it is.
  static func decode(_ text: String) -> String {
    let utf8 = text.utf8
    guard utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
    var output: [UInt8] = []
    output.reserveCapacity(utf8.count)
    let input = Array(utf8)
    var index = 0
    while index < input.count {
      if input[index] == UInt8(ascii: "%"), index + 2 < input.count,
        let high = Hexadecimal.value(input[index + 1]), let low = Hexadecimal.value(input[index + 2])
      {
        output.append(high << 4 | low)
        index += 3
      } else {
        output.append(input[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : input[index])
        index += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }
}

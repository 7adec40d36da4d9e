/// Bytes as text, two digits each.
package enum Hexadecimal {
  private static let lower = Array("0123456789abcdef".utf8)

  package static func encode(_ bytes: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
      for (index, byte) in bytes.enumerated() {
        buffer[index * 2] = lower[Int(byte >> 4)]
        buffer[index * 2 + 1] = lower[Int(byte & 15)]
      }
      return bytes.count * 2
    }
  }

  /// Decodes bytes; nil for a text that is not pairs of digits.
  package static func decode(_ text: String) -> [UInt8]? {
    let length = text.utf8.count
    guard length % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(length / 2)
    var upper: UInt8?
    for character in text.utf8 {
      guard let digit = value(character) else { return nil }
      if let half = upper {
        bytes.append(half << 4 | digit)
        upper = nil
      } else {
        upper = digit
      }
    }
    return bytes
  }

  /// Returns the number that at most 16 digits stand for; nil if there are none, more, or anything else.
  package static func number(_ digits: UnsafeBufferPointer<UInt8>) -> UInt64? {
    guard (1...16).contains(digits.count) else { return nil }
    var number: UInt64 = 0
    for digit in digits {
      guard let value = value(digit) else { return nil }
      number = number << 4 | UInt64(value)
    }
    return number
  }

  /// Returns the value of one digit.
  package static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Percent-encoding as Signature Version 4 defines it (every byte but `A-Z a-z 0-9 - . _ ~`, in upper case).
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// The bytes that stay as they are, as bits: `-`, `.` and digits below 64, letters, `_` and `~` above.
  private static let unreserved: (UInt64, UInt64) = (0x03FF_6000_0000_0000, 0x47FF_FFFE_87FF_FFFE)

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    byte < 128 && (byte < 64 ? unreserved.0 : unreserved.1) >> (byte & 63) & 1 == 1
  }

  /// Encodes a query's name or value, or (`keepsSlash`) a key as part of a path: byte by byte, without normalisation.
  package static func encode(_ text: String, keepsSlash: Bool = false) -> String {
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

  /// Appends a text in the form of `encode(_:)`, without a string between.
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      if isUnreserved(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
  }

  /// Decodes `encoding-type=url`, in which a space may be `+`.
  package static func decode(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return text }
    return String(decoding: bytes(of: text, plusIsSpace: true), as: UTF8.self)
  }

  /// Returns the bytes that a text stands for, which need not be UTF-8. Invalid escapes stay as they are.
  package static func bytes(of text: String, plusIsSpace: Bool) -> [UInt8] {
    let input = Array(text.utf8)
    let plus = plusIsSpace ? UInt8(ascii: " ") : UInt8(ascii: "+")
    var output: [UInt8] = []
    output.reserveCapacity(input.count)
    var index = 0
    while index < input.count {
      if input[index] == UInt8(ascii: "%"), index + 2 < input.count,
        let high = Hexadecimal.value(input[index + 1]), let low = Hexadecimal.value(input[index + 2])
      {
        output.append(high << 4 | low)
        index += 3
      } else {
        output.append(input[index] == UInt8(ascii: "+") ? plus : input[index])
        index += 1
      }
    }
    return output
  }
}

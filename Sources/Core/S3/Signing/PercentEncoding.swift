/// Percent-encoding as Signature Version 4 defines it (every byte but `A-Z a-z 0-9 - . _ ~`, in upper case).
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
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

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Extended attributes in one line of user metadata, as s3fs writes it: a JSON object of base64 values, URL-encoded.
enum XattrHeader {
  static func encode(_ xattrs: [String: [UInt8]]) -> String {
    let encoder = JSONEncoder()
    // In one order, so that equal attributes are equal text; s3fs does not know the escape "\/".
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let values = xattrs.mapValues { Data($0).base64EncodedString() }
    // A dictionary of strings always encodes.
    guard let json = try? encoder.encode(values) else { return "" }
    return percentEncode(json)
  }

  /// Decodes such an object; nil for any other text. A value that is not base64 is left out.
  static func decode(_ text: String) -> [String: [UInt8]]? {
    guard let values = try? JSONDecoder().decode([String: String].self, from: percentDecode(text)) else { return nil }
    return values.compactMapValues { Data(base64Encoded: $0).map { [UInt8]($0) } }
  }

  private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

  private static func percentEncode(_ bytes: Data) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in bytes {
      if unreserved.contains(byte) {
        encoded.append(byte)
      } else {
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }

  /// Decodes percent escapes. A "%" that two hexadecimal digits do not follow is taken literally.
  private static func percentDecode(_ text: String) -> Data {
    let bytes = Array(text.utf8)
    var decoded = Data()
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hexValue(bytes[index + 1]),
        let low = hexValue(bytes[index + 2])
      {
        decoded.append(high << 4 | low)
        index += 3
      } else {
        decoded.append(bytes[index])
        index += 1
      }
    }
    return decoded
  }

  private static func hexValue(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
  }
}

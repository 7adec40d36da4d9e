import S3

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
    return PercentEncoding.encode(String(decoding: json, as: UTF8.self))
  }

  /// Decodes such an object; nil for any other text. A value that is not base64 is left out.
  static func decode(_ text: String) -> [String: [UInt8]]? {
    // "+" is a digit of base64.
    let json = Data(PercentEncoding.bytes(of: text, plusIsSpace: false))
    guard let values = try? JSONDecoder().decode([String: String].self, from: json) else { return nil }
    return values.compactMapValues { Data(base64Encoded: $0).map { [UInt8]($0) } }
  }
}

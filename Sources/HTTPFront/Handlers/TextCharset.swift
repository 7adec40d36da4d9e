import Core

/// Whether an object is text whose charset browsers should be told: they take text without one for the charset of the
/// reader's country, and show mojibake.
///
/// Only types that its name would have got it are told about, and only where the bytes are UTF-8: another client that
/// stores a type of its own, or a charset, has its say.
enum TextCharset {
  /// So much of an object is looked at.
  static let looked = 64 << 10

  private static let types: Set = [
    "application/json", "application/x-ndjson", "application/javascript", "application/xml", "application/yaml",
    "application/toml", "application/sql", "application/x-sh", "image/svg+xml",
  ]

  static func isCandidate(_ path: ObjectPath) -> Bool { isText(path.usualContentType) }

  static func isCandidate(_ info: ObjectInfo) -> Bool {
    guard let type = info.properties?.contentType, info.properties?.contentEncoding == nil, isText(type) else {
      return false
    }
    return type == info.path.usualContentType
  }

  private static func isText(_ type: String) -> Bool {
    !type.utf8.contains(UInt8(ascii: ";")) && (type.hasPrefix("text/") || types.contains(type))
  }

  /// Whether the beginning of a text is UTF-8; its last character may be cut where more follows. Other charsets give
  /// themselves away by zeros (UTF-16) or escapes (ISO-2022). What is ASCII as a whole is read rightly in any charset.
  static func isUTF8(_ bytes: [UInt8], isWhole: Bool) -> Bool {
    if bytes.contains(0) || bytes.contains(0x1B) { return false }
    if isWhole, bytes.allSatisfy({ $0 < 0x80 }) { return false }
    if String(validating: bytes, as: UTF8.self) != nil { return true }
    guard !isWhole else { return false }
    return (1...3).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
  }
}

extension Gateway {
  /// `info`, its type with a charset where that is known from memory; nil where bytes would have to be read.
  func typed(_ reader: ObjectReader) -> ObjectInfo? {
    guard TextCharset.isCandidate(reader.info) else { return reader.info }
    let count = Int(min(reader.info.size, Int64(TextCharset.looked)))
    if count == 0 { return reader.info }
    guard let data = reader.cachedRead(at: 0, count: count), data.count > 0 else { return nil }
    return Self.typed(reader.info, data.slices.flatMap { $0 })
  }

  /// The same, reading what is missing. Cost: at most the request that a reader from the beginning needs anyway.
  func typedNow(_ reader: ObjectReader) async throws(FileSystemError) -> ObjectInfo {
    if let known = typed(reader) { return known }
    let data = try await reader.read(at: 0, count: Int(min(reader.info.size, Int64(TextCharset.looked))))
    return Self.typed(reader.info, data.slices.flatMap { $0 })
  }

  private static func typed(_ info: ObjectInfo, _ bytes: [UInt8]) -> ObjectInfo {
    guard TextCharset.isUTF8(bytes, isWhole: info.size == Int64(bytes.count)) else { return info }
    var info = info
    info.properties?.contentType? += "; charset=utf-8"
    return info
  }
}

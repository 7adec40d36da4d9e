import Core

/// Determines whether an object is UTF-8 text, so that its Content-Type can name the charset: browsers read text
/// without one in the usual charset of the reader's country, and show mojibake.
///
/// Examines only objects whose type is the one that their name implies: a type or charset that another client stored is
/// left unchanged.
enum TextCharset {
  /// How many bytes of an object are examined.
  fileprivate static let examined = 64 << 10

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

  /// Returns whether the beginning of a text is UTF-8; its last character may be cut if more follows. Zeros (UTF-16)
  /// and escapes (ISO-2022) reveal other charsets. Returns false for pure ASCII, which reads the same in any charset.
  static func isUTF8(_ bytes: [UInt8], isWhole: Bool) -> Bool {
    if bytes.contains(0) || bytes.contains(0x1B) { return false }
    if isWhole, bytes.allSatisfy({ $0 < 0x80 }) { return false }
    if String(validating: bytes, as: UTF8.self) != nil { return true }
    guard !isWhole else { return false }
    return (1...3).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
  }
}

extension ObjectReader {
  /// Returns `info` with the charset in its type; `nil` if bytes would have to be fetched to determine it.
  func infoWithCharset() -> ObjectInfo? {
    guard TextCharset.isCandidate(info) else { return info }
    let count = Int(min(info.size, Int64(TextCharset.examined)))
    if count == 0 { return info }
    guard let data = cachedRead(at: 0, count: count), data.count > 0 else { return nil }
    return Self.withCharset(info, data.slices.flatMap { $0 })
  }

  /// Returns `info` with the charset in its type, and fetches bytes if needed. Cost: at most the GET that a reader from
  /// the beginning needs anyway.
  func fetchInfoWithCharset() async throws(FileSystemError) -> ObjectInfo {
    if let known = infoWithCharset() { return known }
    let data = try await read(at: 0, count: Int(min(info.size, Int64(TextCharset.examined))))
    return Self.withCharset(info, data.slices.flatMap { $0 })
  }

  private static func withCharset(_ info: ObjectInfo, _ bytes: [UInt8]) -> ObjectInfo {
    guard TextCharset.isUTF8(bytes, isWhole: info.size == Int64(bytes.count)) else { return info }
    var info = info
    info.properties?.contentType? += "; charset=utf-8"
    return info
  }
}

/// A request target, decoded: the path as text and the query's items in order.
struct Target: Sendable, Equatable {
  /// The decoded path; begins with "/". Keeps `%2F` and `/`, `a//b`, `.` and `..`.
  var path: String
  var query: [QueryItem]

  struct QueryItem: Sendable, Equatable {
    /// Unchanged if it cannot be decoded.
    var name: String
    /// `nil` for `?name`, "" for `?name=`.
    var value: String?
    /// Whether it has a malformed escape or is not UTF-8.
    var isMalformed = false
  }

  /// Returns `nil` if the target is not a path, or its path has a malformed escape or is not UTF-8.
  init?(_ raw: String) {
    let text = Self.split(raw).origin
    let bytes = text.utf8
    let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
    guard bytes.first == UInt8(ascii: "/"), let path = PercentCoding.decode(text[..<(mark ?? text.endIndex)]) else {
      return nil
    }
    self.path = path
    query = mark.map { text[bytes.index(after: $0)...].split(separator: "&").map(Self.item) } ?? []
  }

  /// Splits a target in the absolute form, which clients send to proxies (RFC 9112 section 3.2.2), into the authority
  /// and the origin form. Any other has no authority.
  static func split(_ raw: String) -> (authority: String?, origin: Substring) {
    let start = raw.utf8.prefix("https://".utf8.count).map(\.lowercasedASCII)
    guard let scheme = ["http://", "https://"].first(where: { start.starts(with: $0.utf8) }) else {
      return (nil, Substring(raw))
    }
    let rest = raw.dropFirst(scheme.count)
    let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
    let origin = rest[end...]
    return (String(rest[..<end]), origin.utf8.first == UInt8(ascii: "/") ? origin : "/" + origin)
  }

  private static func item(_ text: Substring) -> QueryItem {
    let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = PercentCoding.decode(pair[0]) else {
      return QueryItem(name: String(pair[0]), value: nil, isMalformed: true)
    }
    guard pair.count > 1 else { return QueryItem(name: name, value: nil) }
    // A search box is a form, which sends a blank as "+"; in paths given as values a plus is a plus.
    guard let value = PercentCoding.decode(pair[1], plusIsSpace: name == "q") else {
      return QueryItem(name: name, value: String(pair[1]), isMalformed: true)
    }
    return QueryItem(name: name, value: value)
  }

  /// Returns whether the query contains the name, with or without a value.
  func has(_ name: String) -> Bool { query.contains { $0.name == name } }
  func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

/// A request target, decoded: the path as text and the query's items in order.
struct Target: Sendable, Equatable {
  /// Begins with "/". Every byte as the client meant it: `%2F` and `/`, `a//b`, `.` and `..` all stay.
  var path: String
  var query: [QueryItem]

  struct QueryItem: Sendable, Equatable {
    var name: String
    /// nil for `?name`, "" for `?name=`.
    var value: String?
  }

  /// nil where the target is not a path, has a malformed escape or is not UTF-8.
  init?(_ raw: String) {
    var text = Substring(raw)
    // The absolute form, which clients send to proxies (RFC 9112 section 3.2.2).
    for scheme in ["http://", "https://"] where text.lowercasedASCII.hasPrefix(scheme) {
      text = text.dropFirst(scheme.count)
      text = text[(text.firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex)...]
      if text.first != "/" { text = "/" + text }
    }
    let bytes = text.utf8
    let mark = bytes.firstIndex(of: UInt8(ascii: "?"))
    guard bytes.first == UInt8(ascii: "/"), let path = PercentCoding.decode(text[..<(mark ?? text.endIndex)]) else {
      return nil
    }
    self.path = path
    query = []
    guard let mark else { return }
    for item in text[bytes.index(after: mark)...].split(separator: "&") {
      let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      // A search box is a form, where a blank is sent as "+"; in paths given as values a plus is a plus.
      guard let name = PercentCoding.decode(pair[0]),
        case let decoded = pair.count > 1 ? PercentCoding.decode(pair[1], plusIsSpace: name == "q") : "",
        let value = decoded
      else { return nil }
      query.append(QueryItem(name: name, value: pair.count > 1 ? value : nil))
    }
  }

  /// Whether the query names it, with a value or without.
  func has(_ name: String) -> Bool { query.contains { $0.name == name } }
  func value(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

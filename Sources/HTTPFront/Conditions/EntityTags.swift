import Core

/// The list of an If-Match or If-None-Match header (RFC 9110 section 13.1).
enum EntityTags: Equatable, Sendable {
  case any
  case list([Tag])

  struct Tag: Equatable, Sendable {
    var weak: Bool
    var value: String
    /// The value without quotes.
    var isBare = false
  }

  init(_ header: String) {
    self = header.trimmed == "*" ? .any : .list(Self.parse(header))
  }

  /// Returns `nil` if the text is neither `*` nor a list of tags. Accepts a tag without quotes if S3 could have sent it.
  init?(strict header: String) {
    self.init(header)
    guard case .list(let tags) = self else { return }
    let isHeader = !tags.isEmpty && !tags.contains { $0.isBare && !$0.value.utf8.allSatisfy(Self.isBareTag) }
    let quotes = header.utf8.count { $0 == UInt8(ascii: "\"") }
    guard isHeader, quotes == tags.count(where: { !$0.isBare }) * 2 else { return nil }
  }

  private static func isBareTag(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
    default: false
    }
  }

  /// Splits the list at commas outside quotes. Accepts bare tokens: some clients send S3's tag unquoted.
  private static func parse(_ header: String) -> [Tag] {
    var tags: [Tag] = []
    var rest = Substring(header)
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
      guard !rest.isEmpty else { return tags }
      let weak = rest.hasPrefix("W/\"")
      if weak { rest = rest.dropFirst(2) }
      if rest.first == "\"" {
        let value = rest.dropFirst().prefix { $0 != "\"" }
        rest = rest[value.endIndex...].dropFirst()
        tags.append(Tag(weak: weak, value: String(value)))
      } else {
        let value = rest.prefix { $0 != "," && $0 != " " }
        rest = rest[value.endIndex...]
        tags.append(Tag(weak: weak, value: String(value), isBare: true))
      }
    }
  }

  /// Compares strongly, as If-Match and If-Range demand: both tags are strong and equal.
  func matchesStrongly(_ etag: ETag) -> Bool {
    switch self {
    case .any: true
    case .list(let tags): tags.contains { !$0.weak && $0.value == etag.value }
    }
  }

  /// Compares weakly, as If-None-Match demands: the tags are equal, weak or not.
  func matchesWeakly(_ etag: ETag) -> Bool {
    switch self {
    case .any: true
    case .list(let tags): tags.contains { $0.value == etag.value }
    }
  }
}

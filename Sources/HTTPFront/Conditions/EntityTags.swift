import Core

/// The list of an If-Match or If-None-Match header (RFC 9110 section 13.1).
enum EntityTags: Equatable, Sendable {
  case any
  case list([Tag])

  struct Tag: Equatable, Sendable {
    var weak: Bool
    var value: String
  }

  /// Parses a header. Returns `nil` if the text is neither `*` nor a list of tags in quotes. Nothing else is guessed: a
  /// tag that is interpreted in another way than its client means it would be a condition that always holds, or never.
  init?(_ header: String) {
    if header.trimmed == "*" {
      self = .any
      return
    }
    var tags: [Tag] = []
    var rest = Array(header.utf8)[...]
    while true {
      // A list may have empty elements (RFC 9110 section 5.6.1.2).
      rest = rest.drop { Self.isBlank($0) || $0 == UInt8(ascii: ",") }
      guard !rest.isEmpty else { break }
      guard let tag = Self.tag(&rest) else { return nil }
      tags.append(tag)
      rest = rest.drop(while: Self.isBlank)
      guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
    }
    guard !tags.isEmpty else { return nil }
    self = .list(tags)
  }

  /// Returns a header's tags; `nil` without the header. Throws 400 for an invalid list of tags.
  static func named(_ name: String, in headers: Headers) throws(HTTPError) -> EntityTags? {
    guard let header = headers.joined(name) else { return nil }
    guard let tags = EntityTags(header) else {
      throw HTTPError(400, "\(name) is neither * nor a list of ETags in quotes, as GET and HEAD return them.")
    }
    return tags
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

  /// Parses one tag at the front (RFC 9110 section 8.8.3).
  private static func tag(_ rest: inout ArraySlice<UInt8>) -> Tag? {
    let quote = UInt8(ascii: "\"")
    let isWeak = rest.starts(with: "W/".utf8)
    if isWeak { rest = rest.dropFirst(2) }
    guard rest.popFirst() == quote, let end = rest.firstIndex(of: quote) else { return nil }
    let value = rest[..<end]
    guard value.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
    rest = rest[(end + 1)...]
    return Tag(weak: isWeak, value: String(decoding: value, as: UTF8.self))
  }

  /// Compares strongly, as If-Match and If-Range require: both tags are strong and equal.
  func matchesStrongly(_ etag: ETag) -> Bool {
    switch self {
    case .any: true
    case .list(let tags): tags.contains { !$0.weak && $0.value == etag.value }
    }
  }

  /// Compares weakly, as If-None-Match requires: the tags are equal, weak or not.
  func matchesWeakly(_ etag: ETag) -> Bool {
    switch self {
    case .any: true
    case .list(let tags): tags.contains { $0.value == etag.value }
    }
  }
}

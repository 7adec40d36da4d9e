import Core

/// The format of a listing.
enum ListingFormat: Sendable, Equatable { case page, json, lines, names }

extension ListingFormat {
  var contentType: String {
    switch self {
    case .page: "text/html; charset=utf-8"
    case .json: "application/json"
    case .lines: "application/x-ndjson"
    case .names: "text/plain; charset=utf-8"
    }
  }

  /// Formats an entry as one line. Percent-escapes control characters of the name, so that one line is one name.
  func line(_ entry: ListedEntry, named name: String) -> [UInt8] {
    if self == .lines { return entry.json.encoded + [0x0A] }
    var line: [UInt8] = []
    for byte in name.utf8 {
      if byte < 0x20 || byte == 0x7F {
        line += Array(PercentCoding.encode(String(decoding: [byte], as: UTF8.self)).utf8)
      } else {
        line.append(byte)
      }
    }
    if entry.kind != .object { line.append(UInt8(ascii: "/")) }
    return line + [0x0A]
  }
}

extension ListedEntry {
  /// The entry as documented in docs/HTTP.md. Members may be added, never renamed.
  var json: JSON {
    let type: JSON = kind == .bucket ? "bucket" : kind == .directory ? "directory" : "object"
    var members: [(String, JSON)] = [
      ("name", .string(name)), ("type", type), ("path", .string(path.description)), ("url", .string(path.urlPath)),
    ]
    if kind == .object { members.append(("size", .number(size))) }
    if let modified { members.append(("modified", .string(HTTPDate.formatISO(modified)))) }
    if let etag { members.append(("etag", .string(etag.quoted))) }
    if let storageClass { members.append(("storageClass", .string(storageClass))) }
    return .object(members)
  }
}

extension Headers {
  mutating func addListingPolicy() {
    add("Cache-Control", "no-cache")
    add("X-Content-Type-Options", "nosniff")
  }
}

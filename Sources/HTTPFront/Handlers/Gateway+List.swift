import Core

extension Gateway {
  /// A directory's entries, as a page, as JSON, one JSON value a line, or one name a line.
  func list(_ directory: ObjectPath, _ format: ListingFormat, _ request: Request) async throws -> Response {
    if format == .page { return try await listingPage(directory, request) }
    let entries = try await fileSystem.list(directory, freshness: Preconditions(request.headers).freshness)
    var headers: Headers = ["Vary": "Accept"]
    switch format {
    case .page, .json:
      headers.addListingPolicy()
      let list = JSON.object([
        ("path", .string(directory.description)), ("entries", .array(entries.map(\.json))),
      ])
      return .json(200, list, headers: headers)
    case .lines, .names:
      headers.addListingPolicy()
      let bytes = entries.reduce(into: [UInt8]()) { $0 += format.line($1, named: $1.name) }
      return .content(200, type: format.contentType, bytes, headers: headers)
    }
  }
}

extension HTTPServerOptions {
  var pageFooter: String {
    "localstackmount \(version)" + (endpointDescription.isEmpty ? "" : " · \(endpointDescription)")
  }
}

extension Headers {
  mutating func addListingPolicy() {
    add("Cache-Control", "no-cache")
    add("X-Content-Type-Options", "nosniff")
  }
}

extension ListingFormat {
  var contentType: String {
    switch self {
    case .page: "text/html; charset=utf-8"
    case .json: "application/json"
    case .lines: "application/x-ndjson"
    case .names: "text/plain; charset=utf-8"
    }
  }

  /// An entry as one line. Control characters of a name are percent-escaped, so that a line is always one name.
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
  /// The documented shape: docs/HTTP.md. Members are added, never renamed.
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

/// AWS Signature Version 4 for S3: a pure function of the request, the key and the date.
///
/// Paths and queries come percent-encoded once, as they are sent; S3 signs them as they are, unlike AWS's other
/// services, which encode twice and normalise.
/// Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
struct RequestSigner: Sendable {
  static let algorithm = "AWS4-HMAC-SHA256"
  /// In place of a payload's hash, in a presigned URL.
  static let unsignedPayload = "UNSIGNED-PAYLOAD"

  let accessKeyID: String
  let key: SigningKey

  /// The value of `Authorization`. `headers` are all signed, and must include `Host` and `x-amz-date`.
  func authorization(
    method: String, path: String, query: String, headers: [HeaderField], payloadHash: String, date: SigningDate
  ) -> String {
    let canonical = CanonicalHeaders(headers)
    let signature = signature(
      method: method, path: path, query: query, headers: canonical, payloadHash: payloadHash, date: date)
    return "\(Self.algorithm) Credential=\(accessKeyID)/\(key.scope), SignedHeaders=\(canonical.names), "
      + "Signature=\(signature)"
  }

  /// The query of a presigned URL, its signature included. `query` holds the request's own parameters, decoded.
  func presignedQuery(
    method: String, path: String, query: [QueryItem] = [], host: String, expiresIn seconds: Int,
    sessionToken: String? = nil, date: SigningDate
  ) -> String {
    var items = query
    items.append(QueryItem("X-Amz-Algorithm", Self.algorithm))
    items.append(QueryItem("X-Amz-Credential", "\(accessKeyID)/\(key.scope)"))
    items.append(QueryItem("X-Amz-Date", date.stamp))
    items.append(QueryItem("X-Amz-Expires", String(seconds)))
    items.append(QueryItem("X-Amz-SignedHeaders", "host"))
    if let sessionToken { items.append(QueryItem("X-Amz-Security-Token", sessionToken)) }
    let canonicalQuery = QueryItem.canonical(items)
    let signature = signature(
      method: method, path: path, query: canonicalQuery,
      headers: CanonicalHeaders([HeaderField(name: "host", value: host)]), payloadHash: Self.unsignedPayload, date: date
    )
    return "\(canonicalQuery)&X-Amz-Signature=\(signature)"
  }

  private func signature(
    method: String, path: String, query: String, headers: CanonicalHeaders, payloadHash: String, date: SigningDate
  ) -> String {
    let request = "\(method)\n\(path)\n\(query)\n\(headers.lines)\n\(headers.names)\n\(payloadHash)"
    let hash = Hexadecimal.encode(Digest.sha256(request.utf8))
    let text = "\(Self.algorithm)\n\(date.stamp)\n\(key.scope)\n\(hash)"
    return Hexadecimal.encode(Digest.hmacSHA256(key: key.bytes, text))
  }
}

/// Headers as they are signed: sorted by lower-case name, one line each, runs of spaces made one.
struct CanonicalHeaders {
  let lines: String
  /// `host;range;x-amz-date`
  let names: String

  init(_ headers: [HeaderField]) {
    let sorted = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }.sorted {
      $0.name < $1.name
    }
    lines = sorted.reduce(into: "") { $0 += "\($1.name):\($1.value)\n" }
    names = sorted.map(\.name).joined(separator: ";")
  }

  private static func trimmed(_ value: String) -> String {
    let utf8 = value.utf8
    let needsWork =
      utf8.first == 0x20 || utf8.last == 0x20 || zip(utf8, utf8.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
    return needsWork ? value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") : value
  }
}

/// One parameter of a query, not encoded.
struct QueryItem: Hashable, Sendable {
  let name: String
  let value: String

  init(_ name: String, _ value: String = "") {
    self.name = name
    self.value = value
  }

  /// The query as it is signed and sent: encoded, sorted by encoded name.
  static func canonical(_ items: [QueryItem]) -> String {
    guard !items.isEmpty else { return "" }
    let pairs = items.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }.sorted { $0 < $1 }
    return pairs.map { "\($0)=\($1)" }.joined(separator: "&")
  }
}

/// AWS Signature Version 4 for S3: a pure function of the request, the key and the date.
///
/// Paths and queries are percent-encoded once, as they are sent; S3 signs them as they are, unlike AWS's other
/// services, which encode twice and normalise.
/// Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
struct RequestSigner: Sendable {
  static let algorithm = "AWS4-HMAC-SHA256"
  /// Replaces a payload's hash, in a presigned URL.
  static let unsignedPayload = "UNSIGNED-PAYLOAD"

  let accessKeyID: String
  let key: SigningKey

  /// Returns the value of `Authorization`. `headers` are all signed, and must include `Host` and `x-amz-date`.
  func authorization(
    method: String, path: String, query: String, headers: [HeaderField], payloadHash: String, date: SigningDate
  ) -> String {
    let canonical = CanonicalHeaders(headers)
    let signature = signature(
      method: method, path: path, query: query, headers: canonical, payloadHash: payloadHash, date: date)
    return "\(Self.algorithm) Credential=\(accessKeyID)/\(key.scope), SignedHeaders=\(canonical.names), "
      + "Signature=\(signature)"
  }

  /// Returns the query of a presigned URL, including its signature. `query` holds the request's own parameters,
  /// decoded.
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
    let request =
      Array("\(method)\n\(path)\n\(query)\n".utf8) + headers.lines + Array("\n\(headers.names)\n\(payloadHash)".utf8)
    let hash = Hexadecimal.encode(Digest.sha256(request))
    let text = "\(Self.algorithm)\n\(date.stamp)\n\(key.scope)\n\(hash)"
    return Hexadecimal.encode(Digest.hmacSHA256(key: key.bytes, text))
  }
}

/// Headers as they are signed: sorted by lower-case name, one line each, runs of spaces collapsed to one.
struct CanonicalHeaders {
  /// The lines as bytes: values may be in Latin-1.
  let lines: [UInt8]
  /// `host;range;x-amz-date`
  let names: String

  init(_ headers: [HeaderField]) {
    let sorted = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.bytes)) }.sorted {
      $0.name < $1.name
    }
    lines = sorted.reduce(into: []) { $0 += Array("\($1.name):".utf8) + $1.value + Array("\n".utf8) }
    names = sorted.map(\.name).joined(separator: ";")
  }

  private static func trimmed(_ value: [UInt8]) -> [UInt8] {
    let needsWork =
      value.first == 0x20 || value.last == 0x20 || zip(value, value.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
    return needsWork ? Array(value.split(separator: 0x20).joined(separator: [0x20])) : value
  }
}

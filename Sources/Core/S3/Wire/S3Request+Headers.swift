extension S3Request {
  mutating func apply(_ conditions: ReadConditions) {
    set("If-Match", ifPresent: conditions.ifMatch?.quoted)
    set("If-None-Match", ifPresent: conditions.ifNoneMatch?.quoted)
  }

  /// Sets the condition. A conditional write must not be sent twice: the second would fail because of the first.
  mutating func apply(_ condition: WriteCondition) {
    switch condition {
    case .none: return
    case .ifMatch(let etag): set("If-Match", etag.quoted)
    case .ifAbsent: set("If-None-Match", "*")
    }
    safety = .once
  }

  /// Sets the headers that are stored with an object.
  mutating func apply(_ properties: ObjectProperties) throws(S3Error) {
    if let name = properties.userMetadata.keys.first(where: { !HeaderText.isToken($0) }) {
      throw S3Error(
        .invalidRequest, message: "\"\(name)\" cannot be the name of a metadata header", operation: subject)
    }
    headers += properties.fields
    if !properties.tags.isEmpty {
      set("x-amz-tagging", Tag.query(properties.tags))
    }
    if let bad = headers.first(where: { !HeaderText.isValue($0.value) }) {
      throw S3Error(.invalidRequest, message: "\(bad.name) holds what no header can carry", operation: subject)
    }
  }

  /// Sets `x-amz-copy-source` and its condition.
  mutating func copy(from source: ObjectReference, versionID: String? = nil, ifMatch etag: ETag?) {
    let version = versionID.map { "?versionId=\(PercentEncoding.encode($0))" } ?? ""
    set(
      "x-amz-copy-source", "/\(source.bucket)/\(PercentEncoding.encode(source.key.string, keepsSlash: true))\(version)")
    set("x-amz-copy-source-if-match", ifPresent: etag?.quoted)
  }
}

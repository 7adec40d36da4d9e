import Core

extension DetailChanges {
  /// The other members that `GET ?meta` returns, so that its answer may be sent back unchanged.
  private static let described: Set = [
    "path", "type", "url", "s3", "size", "etag", "modified", "lastModified", "versionId", "contentType", "storageClass",
  ]

  /// Parses the body of `POST ?meta`: three optional objects of strings, in which null removes a name.
  /// - Parameter replacesAll: whether each object replaces all values, instead of being merged into them.
  init(json bytes: [UInt8], replacesAll: Bool = false) throws(HTTPError) {
    let document = try JSONDocument(
      bytes,
      orElse:
        #"The body is not {"headers": {…}, "metadata": {…}, "tags": {…}} in JSON, each optional, all strings or null."#)
    let (headers, metadata) = (try document.strings("headers"), try document.strings("metadata"))
    let tags = try document.strings("tags")
    try document.refuse(otherThan: Self.described.union(["headers", "metadata", "tags"])) {
      "?meta takes \"headers\", \"metadata\" and \"tags\", not \"\($0)\"."
    }
    self.init(
      headers: try headers.map { (given) throws(HTTPError) in try Self.checked(headers: given) },
      metadata: try metadata.map { (given) throws(HTTPError) in try Self.checked(metadata: given) },
      tags: tags, replacesAll: replacesAll)
  }

  /// Checks headers. Null and "" remove a header.
  private static func checked(headers given: Values) throws(HTTPError) -> Values {
    let headers = try lowercased(given).mapValues { $0.flatMap { $0.isEmpty ? nil : $0 } }
    let known = StoredHeader.described.map(\.name)
    if let name = headers.keys.first(where: { !known.contains($0) }) {
      throw HTTPError(
        400, "S3 stores no header \(name) with an object; it stores \(known.joined(separator: ", ")).")
    }
    return headers
  }

  private static func checked(metadata given: Values) throws(HTTPError) -> Values {
    let metadata = try lowercased(given)
    if let bad = metadata.keys.first(where: { $0.isEmpty || !$0.utf8.allSatisfy(Headers.isToken) }) {
      throw HTTPError(400, "\"\(bad)\" cannot be the name of a metadata header.")
    }
    return metadata
  }

  /// Lowercases the names. Throws 400 for a name given twice: header names have no case.
  private static func lowercased(_ given: Values) throws(HTTPError) -> Values {
    var result: Values = [:]
    for (name, value) in given where result.updateValue(value, forKey: name.lowercasedASCII) != nil {
      throw HTTPError(400, "\"\(name)\" is named twice, in different case.")
    }
    return result
  }
}

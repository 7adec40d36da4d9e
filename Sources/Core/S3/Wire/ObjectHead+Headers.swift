extension ObjectHead {
  /// Parses the headers of HeadObject or GetObject; `size` is of the whole object, `tagCount` as in `TagCounts`. Throws
  /// malformedResponse where they name no version: something else answers instead of the server, such as a proxy with a
  /// page of its own.
  init(_ head: ResponseHead, size: Int64, tagCount: Int?, operation: String) throws(S3Error) {
    let etag = ETag(head["etag"] ?? "")
    // JuiceFS's gateway names none of its directories, which are empty objects; the request's id is S3's own sign.
    guard !etag.value.isEmpty || size == 0 && head["x-amz-request-id"] != nil else {
      throw S3Error(
        .malformedResponse, status: head.status, message: "the answer has no ETag: it is not the object's",
        operation: operation)
    }
    self.init(
      size: size,
      etag: etag,
      lastModified: head["last-modified"].flatMap(Timestamp.init(httpDate:)) ?? Timestamp(seconds: 0),
      properties: ObjectProperties(head),
      versionID: head.versionID,
      tagCount: tagCount)
  }
}

extension ObjectProperties {
  fileprivate init(_ head: ResponseHead) {
    self.init()
    take(head)
    dropDefaults()
  }
}

extension ResponseHead {
  /// nil also for "null", the version of an object in a bucket without versioning.
  var versionID: String? { self["x-amz-version-id"].flatMap { $0 == "null" ? nil : $0 } }
  /// The server's clock when it answered.
  var served: Timestamp? { self["date"].flatMap(Timestamp.init(httpDate:)) }
  var contentLength: Int64? { self["content-length"].flatMap(ObjectSize.parse) }
  var contentRange: ContentRange? { self["content-range"].flatMap(ContentRange.init) }
}

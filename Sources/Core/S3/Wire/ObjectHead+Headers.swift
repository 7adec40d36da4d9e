extension ObjectHead {
  /// From the headers of HeadObject or GetObject; `size` is of the whole object.
  init(_ head: ResponseHead, size: Int64) {
    self.init(
      size: size,
      etag: ETag(head["etag"] ?? ""),
      lastModified: head["last-modified"].flatMap(Timestamp.init(httpDate:)) ?? Timestamp(seconds: 0),
      properties: ObjectProperties(head),
      versionID: head.versionID,
      tagCount: head["x-amz-tagging-count"].flatMap { Int($0) } ?? 0)
  }
}

extension ObjectProperties {
  fileprivate init(_ head: ResponseHead) {
    self.init(contentType: head["content-type"])
    contentEncoding = head["content-encoding"]
    contentDisposition = head["content-disposition"]
    contentLanguage = head["content-language"]
    cacheControl = head["cache-control"]
    expires = head["expires"]
    storageClass = head["x-amz-storage-class"].flatMap { $0 == "STANDARD" ? nil : $0 }
    for field in head.fields where field.name.hasPrefix("x-amz-meta-") {
      userMetadata[String(field.name.dropFirst("x-amz-meta-".count))] = MetadataText.decode(field.value)
    }
  }
}

extension ResponseHead {
  /// nil also for "null", the version of an object in a bucket without versioning.
  var versionID: String? { self["x-amz-version-id"].flatMap { $0 == "null" ? nil : $0 } }
  var contentLength: Int64? { self["content-length"].flatMap(ObjectSize.parse) }
  var contentRange: ContentRange? { self["content-range"].flatMap(ContentRange.init) }
}

import Synchronization

extension S3Client {
  public func listObjects(_ list: ListRequest) async throws(S3Error) -> ListPage {
    var request = S3Request("ListObjectsV2", .get, bucket: list.bucket)
    request.ask("list-type", "2")
    if encodesKeys(of: list) { request.ask("encoding-type", "url") }
    request.ask("max-keys", String(list.maxKeys))
    request.ask("prefix", list.prefix.string)
    if let delimiter = list.delimiter { request.ask("delimiter", delimiter) }
    if let startAfter = list.startAfter { request.ask("start-after", startAfter.string) }
    if let token = list.continuationToken { request.ask("continuation-token", token) }
    let response = try await send(request)
    isLocalStack.store(response.head["x-localstack"] != nil, ordering: .relaxed)
    let page = try await readable(response, of: request) { (response) throws(S3Error) in
      do throws(XMLFailure) {
        var page = try ListingDecoder.decode(response.body)
        page.served = response.head.served
        return page
      } catch {
        throw S3Error(malformed: error, response: response, to: request)
      }
    }
    // A server that goes round in circles would be asked for ever.
    guard page.nextToken == nil || page.nextToken != list.continuationToken else {
      throw S3Error(
        .malformedResponse, status: response.head.status, message: "the listing does not go on",
        operation: request.operation)
    }
    return page
  }

  /// Whether keys are asked for encoded, since XML cannot carry every character of them.
  ///
  /// Not of LocalStack: it encodes every key of the bucket for each listing, 1 ms for a thousand, and compares the
  /// encoded ones with a token or `start-after` as they are, so that it skips or repeats keys. Its XML has all characters,
  /// for which `ForbiddenCharacters` cares. Other servers are not known before they have answered, so that only first pages
  /// are asked for encoded.
  private func encodesKeys(of list: ListRequest) -> Bool {
    list.continuationToken == nil && !isLocalStack.load(ordering: .relaxed)
  }

  public func listVersions(
    bucket: String, prefix: ObjectKey, keyMarker: ObjectKey?, versionMarker: String?
  ) async throws(S3Error) -> VersionsPage {
    var request = S3Request("ListObjectVersions", .get, bucket: bucket)
    request.ask("versions")
    request.ask("encoding-type", "url")
    request.ask("prefix", prefix.string)
    if let keyMarker { request.ask("key-marker", keyMarker.string) }
    if let versionMarker { request.ask("version-id-marker", versionMarker) }
    let root = try await sendForXML(request, root: "ListVersionsResult")
    let isEncoded = root["EncodingType"] == "url"
    var page = VersionsPage(versions: [])
    for element in root.children where element.name == "Version" || element.name == "DeleteMarker" {
      if let version = ObjectVersion(element, isEncoded: isEncoded) { page.versions.append(version) }
    }
    if root["IsTruncated"] == "true" {
      page.nextKeyMarker = root["NextKeyMarker"].map { ObjectKey(isEncoded ? PercentEncoding.decode($0) : $0) }
      page.nextVersionMarker = root["NextVersionIdMarker"]
    }
    return page
  }
}

extension ObjectVersion {
  fileprivate init?(_ element: XMLElement, isEncoded: Bool) {
    guard let key = element["Key"] else { return nil }
    self.init(
      key: ObjectKey(isEncoded ? PercentEncoding.decode(key) : key),
      versionID: element["VersionId"] ?? "null",
      isLatest: element["IsLatest"] == "true",
      isDeleteMarker: element.name == "DeleteMarker",
      lastModified: element["LastModified"].flatMap(Timestamp.init(iso8601:)) ?? Timestamp(seconds: 0),
      etag: element["ETag"].map { ETag($0) },
      size: element["Size"].flatMap { Int64($0) } ?? 0)
  }
}

import Synchronization

extension S3Client {
  public func listBuckets() async throws(S3Error) -> [BucketSummary] {
    var buckets: [BucketSummary] = []
    var token: String?
    repeat {
      var request = S3Request("ListBuckets", .get)
      if let token { request.ask("continuation-token", token) }
      let response = try await send(request)
      let root = try await readable(response, of: request) { (response) throws(S3Error) in
        try decode(response, root: "ListAllMyBucketsResult", or: "Buckets", of: request)
      }
      buckets += Self.buckets(root)
      token = root["ContinuationToken"].flatMap { $0.isEmpty ? nil : $0 }
      if buckets.isEmpty, token == nil, response.head["server"]?.lowercased().contains("seaweedfs") ?? false {
        return await listBucketsUnsigned()
      }
    } while token != nil
    return buckets
  }

  /// Lists buckets without a signature. SeaweedFS without a configuration of identities accepts every signature, but
  /// lists no bucket for signed requests.
  private func listBucketsUnsigned() async -> [BucketSummary] {
    guard let response = try? await transport.send(builder.unsigned(path: "/")), response.head.status == 200,
      let root = try? XMLElement.parse(response.body, root: "ListAllMyBucketsResult", or: "Buckets")
    else { return [] }
    return Self.buckets(root)
  }

  private static func buckets(_ root: XMLElement) -> [BucketSummary] {
    (root.children.first { $0.name == "Buckets" }?.all("Bucket") ?? []).compactMap { bucket in
      guard let name = bucket["Name"] else { return nil }
      let created = bucket["CreationDate"].flatMap(Timestamp.init(iso8601:)) ?? Timestamp(seconds: 0)
      return BucketSummary(name: name, created: created)
    }
  }

  /// Creates a bucket. In us-east-1, S3 returns 200 to an owner that creates a bucket again; so there, HEAD comes
  /// first. Cost: one request, two in us-east-1.
  public func createBucket(_ bucket: String) async throws(S3Error) {
    let isDefaultRegion = configuration.region == "us-east-1"
    var request = S3Request("CreateBucket", .put, bucket: bucket)
    request.safety = .once
    if isDefaultRegion {
      try await refuseExisting(bucket, for: request)
      request.body = .bytes([])
    } else {
      request.body = .bytes(
        XMLWriter.document("CreateBucketConfiguration") { $0.element("LocationConstraint", configuration.region) })
    }
    do {
      _ = try await send(request)
    } catch {
      // A 409 that does not say who owns the bucket.
      guard error.status == 409, error.code == .preconditionFailed, error.serverCode == nil else { throw error }
      var clearer = error
      clearer.code = .bucketAlreadyExists
      clearer.message = "the bucket exists"
      throw clearer
    }
  }

  private func refuseExisting(_ bucket: String, for request: S3Request) async throws(S3Error) {
    let code: S3Error.Code
    do {
      try await headBucket(bucket)
      code = .bucketAlreadyOwnedByYou
    } catch {
      switch error.code {
      case .accessDenied, .wrongRegion: code = .bucketAlreadyExists
      // The bucket does not exist, or has a name that only the server may judge.
      case .noSuchBucket, .invalidRequest, .invalidBucketName: return
      default: throw error
      }
    }
    throw S3Error(code, status: 409, message: "the bucket exists", operation: request.subject)
  }

  public func deleteBucket(_ bucket: String) async throws(S3Error) {
    var request = S3Request("DeleteBucket", .delete, bucket: bucket)
    request.safety = .once
    do {
      _ = try await send(request)
    } catch {
      guard error.status == 409, error.serverCode == nil else { throw error }
      var clearer = error
      clearer.code = .bucketNotEmpty
      throw clearer
    }
  }

  public func headBucket(_ bucket: String) async throws(S3Error) {
    _ = try await send(S3Request("HeadBucket", .head, bucket: bucket))
  }

  /// Sends a request whose answer is a small document.
  func sendForXML(
    _ request: S3Request, root: String, or child: String? = nil
  ) async throws(S3Error) -> XMLElement {
    let response = try await send(request)
    return try await readable(response, of: request) { (response) throws(S3Error) in
      try decode(response, root: root, or: child, of: request)
    }
  }

  /// Reads an answer. A garbled one is no reason to fail where sending the request again does no harm.
  func readable<Value>(
    _ response: HTTPResponse, of request: S3Request, _ read: (HTTPResponse) throws(S3Error) -> Value
  ) async throws(S3Error) -> Value {
    do throws(S3Error) { return try read(response) } catch {
      guard request.safety == .repeatable, let second = try? await send(request) else { throw error }
      return try read(second)
    }
  }
}

extension S3Client {
  public func region(of bucket: String) async throws(S3Error) -> String {
    var request = S3Request("GetBucketLocation", .get, bucket: bucket)
    request.ask("location")
    let region = try await sendForXML(request, root: "LocationConstraint").text
    // The names of the two oldest regions.
    return region.isEmpty ? "us-east-1" : region == "EU" ? "eu-west-1" : region
  }

  public func versioning(of bucket: String) async throws(S3Error) -> BucketVersioning {
    var request = S3Request("GetBucketVersioning", .get, bucket: bucket)
    request.ask("versioning")
    let status = try await sendForXML(request, root: "VersioningConfiguration")["Status"]
    return status.flatMap { BucketVersioning(rawValue: $0) } ?? .off
  }

  public func setVersioned(_ versioned: Bool, _ bucket: String) async throws(S3Error) {
    var request = S3Request("PutBucketVersioning", .put, bucket: bucket)
    request.ask("versioning")
    request.setDocument(
      XMLWriter.document("VersioningConfiguration") { $0.element("Status", versioned ? "Enabled" : "Suspended") })
    _ = try await send(request)
  }

  public func notifications(of bucket: String) async throws(S3Error) -> [UInt8]? {
    var request = S3Request("GetBucketNotificationConfiguration", .get, bucket: bucket)
    request.ask("notification")
    let response = try await send(request)
    let root = try decode(response, root: "NotificationConfiguration", of: request)
    return root.children.isEmpty ? nil : response.body
  }

  public func setNotifications(_ document: [UInt8]?, of bucket: String) async throws(S3Error) {
    var request = S3Request("PutBucketNotificationConfiguration", .put, bucket: bucket)
    request.ask("notification")
    request.setDocument(document ?? XMLWriter.document("NotificationConfiguration") { _ in })
    // The configuration was valid when it was read: a queue that was deleted meanwhile must not prevent restoring it.
    request.set("x-amz-skip-destination-validation", "true")
    _ = try await send(request)
  }
}

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
    lister.store(response.head["x-localstack"] == nil ? .other : .localStack, ordering: .relaxed)
    let page = try await readable(response, of: request) { (response) throws(S3Error) in
      do throws(XMLFailure) {
        var page = try ListingDecoder.decode(response.body)
        page.served = response.head.served
        return page
      } catch {
        throw S3Error(malformed: error, response: response, to: request)
      }
    }
    // A server that repeats its tokens would be queried forever.
    guard page.nextToken == nil || page.nextToken != list.continuationToken else {
      throw S3Error(
        .malformedResponse, status: response.head.status, message: "the listing does not go on",
        operation: request.operation)
    }
    return page
  }

  /// Returns whether encoded keys are requested, since XML cannot contain every character of them.
  ///
  /// Not from LocalStack: it encodes every key of the bucket for each listing, 1 ms for a thousand, and compares the
  /// encoded ones with a token or `start-after` as they are, so that it skips or repeats keys. Its XML has all
  /// characters, for which `ForbiddenCharacters` provides. Before the first answer, when the server is unknown, only
  /// listings from the first key on are requested encoded.
  private func encodesKeys(of list: ListRequest) -> Bool {
    switch lister.load(ordering: .relaxed) {
    case .localStack: false
    case .other: true
    case .unknown: list.continuationToken == nil && list.startAfter == nil
    }
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

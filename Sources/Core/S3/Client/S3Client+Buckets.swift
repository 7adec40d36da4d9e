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

  /// SeaweedFS without a configuration of identities takes every signature, but shows who signs no bucket.
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

  /// In us-east-1, S3 answers 200 to the owner who creates a bucket again; so there, HEAD comes first.
  /// Cost: one request, two in us-east-1.
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
      // A 409 that does not say whose it is.
      guard error.status == 409, error.code == .preconditionFailed, error.serverCode == nil else { throw error }
      var telling = error
      telling.code = .bucketAlreadyExists
      telling.message = "the bucket exists"
      throw telling
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
      // Not there, or a name that only the server may judge.
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
      var telling = error
      telling.code = .bucketNotEmpty
      throw telling
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

  /// Reads an answer. One that is garbled is no reason to fail where sending the request again does no harm.
  func readable<Value>(
    _ response: HTTPResponse, of request: S3Request, _ read: (HTTPResponse) throws(S3Error) -> Value
  ) async throws(S3Error) -> Value {
    do throws(S3Error) { return try read(response) } catch {
      guard request.safety == .repeatable, let second = try? await send(request) else { throw error }
      return try read(second)
    }
  }
}

extension S3Client {
  public func listBuckets() async throws(S3Error) -> [BucketSummary] {
    var buckets: [BucketSummary] = []
    var token: String?
    repeat {
      var request = S3Request("ListBuckets", .get)
      if let token { request.ask("continuation-token", token) }
      let root = try await sendForXML(request, root: "ListAllMyBucketsResult")
      for bucket in root.children.first(where: { $0.name == "Buckets" })?.all("Bucket") ?? [] {
        guard let name = bucket["Name"] else { continue }
        let created = bucket["CreationDate"].flatMap(Timestamp.init(iso8601:)) ?? Timestamp(seconds: 0)
        buckets.append(BucketSummary(name: name, created: created))
      }
      token = root["ContinuationToken"].flatMap { $0.isEmpty ? nil : $0 }
    } while token != nil
    return buckets
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
  func sendForXML(_ request: S3Request, root: String) async throws(S3Error) -> XMLElement {
    let response = try await send(request)
    do throws(XMLFailure) {
      return try XMLElement.parse(response.body, root: root)
    } catch {
      throw S3Error(malformed: error, response: response, to: request)
    }
  }
}

extension S3Client {
  /// The largest object of one CopyObject (5 GiB); larger objects are copied by parts.
  public static let maximumCopySize: Int64 = 5 << 30
  /// The limit of keys in one DeleteObjects.
  public static let maximumDeleteBatch = 1000
  /// In bytes; a body up to this size gets a small request's deadline.
  static let smallBody: Int64 = 256 << 10
  /// In bytes; the ETag of a larger body is not compared.
  static let verifiedBody: Int64 = 1 << 20

  public func headObject(
    _ reference: ObjectReference, conditions: ReadConditions, versionID: String?
  ) async throws(S3Error) -> ObjectHead {
    var request = S3Request("HeadObject", .head, reference)
    request.apply(conditions)
    if let versionID { request.ask("versionId", versionID) }
    let response = try await send(request)
    guard let size = response.head.contentLength else {
      throw S3Error(
        .malformedResponse, status: response.head.status, message: "the answer tells no length",
        operation: request.subject)
    }
    let tagCount = tagCounts.count(in: response.head, isHead: true)
    return try ObjectHead(response.head, size: size, tagCount: tagCount, operation: request.subject)
  }

  public func putObject(
    _ reference: ObjectReference, body: RequestBody, properties: ObjectProperties, condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    var request = S3Request("PutObject", .put, reference)
    try request.apply(properties)
    request.apply(condition)
    request.body = body
    request.checksum = .sha256
    // Larger bodies have their SHA-256 alone: another digest of them would cost more than it is worth.
    request.verifiesETag = body.length <= Self.verifiedBody
    // A small body is sent at once: the wait is for the answer.
    request.pace = body.length <= Self.smallBody ? .small : .bulk
    let response = try await send(request)
    var result = WriteResult(etag: ETag(response.head["etag"] ?? ""), versionID: response.head.versionID)
    result.served = response.head.served
    return result
  }

  public func copyObject(
    from source: ObjectReference, to destination: ObjectReference, metadata: CopyMetadata, ifSourceMatch: ETag?
  ) async throws(S3Error) -> WriteResult {
    var request = S3Request("CopyObject", .put, destination)
    request.copy(from: source, ifMatch: ifSourceMatch)
    if case .keep(let storageClass) = metadata { request.set("x-amz-storage-class", ifPresent: storageClass) }
    if let properties = metadata.properties {
      request.set("x-amz-metadata-directive", "REPLACE")
      try request.apply(properties)
    }
    if case .replaceWithTags = metadata { request.set("x-amz-tagging-directive", "REPLACE") }
    return try await sendCopy(&request)
  }

  public func restoreVersion(
    _ versionID: String, of reference: ObjectReference, properties: ObjectProperties
  ) async throws(S3Error) -> WriteResult {
    var request = S3Request("CopyObject", .put, reference)
    request.copy(from: reference, versionID: versionID, ifMatch: nil)
    request.set("x-amz-metadata-directive", "REPLACE")
    try request.apply(properties)
    return try await sendCopy(&request)
  }

  private func sendCopy(_ request: inout S3Request) async throws(S3Error) -> WriteResult {
    request.body = .bytes([])
    request.pace = .serverWork
    request.mayFailLate = true
    let response = try await send(request)
    let result = try decode(response, root: "CopyObjectResult", or: "ETag", of: request)
    var written = WriteResult(
      etag: ETag(result["ETag"] ?? ""), versionID: response.head.versionID,
      lastModified: result["LastModified"].flatMap(Timestamp.init(iso8601:)))
    written.served = response.head.served
    return written
  }

  public func deleteObject(_ reference: ObjectReference, ifMatch etag: ETag) async throws(S3Error) {
    var request = S3Request("DeleteObject", .delete, reference)
    request.apply(.ifMatch(etag))
    _ = try await send(request)
  }

  public func deleteObject(_ reference: ObjectReference, versionID: String?) async throws(S3Error) {
    var request = S3Request("DeleteObject", .delete, reference)
    if let versionID { request.ask("versionId", versionID) }
    do {
      _ = try await send(request)
    } catch {
      // Some servers return 404; the object is gone all the same.
      guard error.code == .noSuchKey else { throw error }
    }
  }

  /// Deletes keys. A key that XML cannot contain, or not reliably, is deleted by a DELETE of its own: in a batch it
  /// would fail them all. Cost: one request, and one for each key with control characters.
  public func deleteObjects(bucket: String, keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure] {
    let batch = keys.filter { Self.isSafeInBatch($0) }
    let singles = keys.filter { !Self.isSafeInBatch($0) }
    var failures: [DeleteFailure] = []
    if !batch.isEmpty { failures += try await deleteBatch(bucket, batch) }
    failures += try await deleteSingly(bucket, singles)
    return failures
  }

  static func isSafeInBatch(_ key: ObjectKey) -> Bool {
    XMLWriter.canCarry(key.string) && !key.string.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }

  private func deleteBatch(_ bucket: String, _ keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure] {
    var request = S3Request("DeleteObjects", .post, bucket: bucket)
    request.ask("delete")
    request.setDocument(
      XMLWriter.document("Delete") { writer in
        writer.element("Quiet", "true")
        for key in keys { writer.element("Object") { $0.element("Key", key.string) } }
      })
    request.mayFailLate = true
    let result = try await sendForXML(request, root: "DeleteResult")
    return result.all("Error").compactMap { element in
      guard let key = element["Key"], element["Code"] != "NoSuchKey" else { return nil }
      return DeleteFailure(key: ObjectKey(key), error: S3Error(element: element, request: request))
    }
  }

  private func deleteSingly(_ bucket: String, _ keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure] {
    guard !keys.isEmpty else { return [] }
    let failures = await withTaskGroup(of: DeleteFailure?.self, returning: [DeleteFailure].self) { group in
      for key in keys {
        group.addTask {
          do throws(S3Error) {
            try await self.deleteObject(ObjectReference(bucket: bucket, key: key), versionID: nil)
            return nil
          } catch {
            return DeleteFailure(key: key, error: error)
          }
        }
      }
      return await group.reduce(into: []) { if let failure = $1 { $0.append(failure) } }
    }
    // A failure of all keys is the operation's failure, not a key's.
    if let failure = failures.first(where: { $0.error.code == .cancelled || $0.error.code == .noSuchBucket }) {
      throw failure.error
    }
    return failures
  }

  func decode(
    _ response: HTTPResponse, root: String, or child: String? = nil, of request: S3Request
  ) throws(S3Error) -> XMLElement {
    do throws(XMLFailure) {
      return try XMLElement.parse(response.body, root: root, or: child)
    } catch {
      throw S3Error(malformed: error, response: response, to: request)
    }
  }
}

extension S3Request {
  /// Sets an XML body, with the digest that S3 requires where a document changes many things at once.
  mutating func setDocument(_ document: [UInt8]) {
    body = .bytes(document)
    set("Content-Type", "application/xml")
    checksum = IncrementalDigest.hasMD5 ? .md5 : .sha256
  }
}

extension S3Client {
  public func tags(of reference: ObjectReference) async throws(S3Error) -> [Tag] {
    var request = S3Request("GetObjectTagging", .get, reference)
    request.ask("tagging")
    let root = try await sendForXML(request, root: "Tagging")
    return root.children.first { $0.name == "TagSet" }?.all("Tag").compactMap { tag in
      tag["Key"].map { Tag(key: $0, value: tag["Value"] ?? "") }
    } ?? []
  }

  public func setTags(_ tags: [Tag], of reference: ObjectReference) async throws(S3Error) {
    var request = S3Request(
      tags.isEmpty ? "DeleteObjectTagging" : "PutObjectTagging", tags.isEmpty ? .delete : .put, reference)
    request.ask("tagging")
    if !tags.isEmpty {
      request.setDocument(
        XMLWriter.document("Tagging") { writer in
          writer.element("TagSet") { set in
            for tag in tags {
              set.element("Tag") {
                $0.element("Key", tag.key)
                $0.element("Value", tag.value)
              }
            }
          }
        })
    }
    _ = try await send(request)
  }
}

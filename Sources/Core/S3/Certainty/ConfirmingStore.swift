/// A store that verifies uncertain writes before it reports an error.
///
/// An answer may be lost, cut, or inconclusive although the server has done the work; and a request that was repeated
/// after such an answer may be refused because its first try succeeded. So after a write that ended *uncertainly* this
/// checks the current state (one HEAD): what was written is acknowledged, what was not fails, and nothing is left over.
/// A write that is answered normally costs nothing more.
///
/// | operation | uncertain | check |
/// |---|---|---|
/// | PutObject | no answer, 5xx, unreadable, no ETag; 412 to a repeated try | the ETag is the MD5 of the body, the
/// headers are those sent |
/// | with If-Match | 412 to the first try | the condition: where it holds, the server erred, and the write is retried |
/// | CopyObject | same as PutObject | size, ETag or time, and headers are those of a copy |
/// | DeleteObject | same as PutObject | there is no such object |
/// | DeleteObjects | no readable answer | each key separately |
/// | CreateMultipartUpload | no answer | uploads of the key begun since: passed to `unwanted`, then one more try |
/// | CompleteMultipartUpload | same as PutObject, and an error inside 200 | repeated; then the ETag is that of the
/// parts |
public struct ConfirmingStore: ObjectStore {
  let base: any ObjectStore
  private let now: @Sendable () -> Timestamp
  private let unwanted: @Sendable (MultipartUpload) async -> Void

  /// - Parameter now: the time of day, to distinguish a copy or an upload made now from older ones.
  /// - Parameter unwanted: aborts an upload that S3 began but whose answer was lost, and remembers it until that has
  ///   succeeded.
  package init(
    _ base: any ObjectStore, now: @escaping @Sendable () -> Timestamp,
    unwanted: @escaping @Sendable (MultipartUpload) async -> Void
  ) {
    self.base = base
    self.now = now
    self.unwanted = unwanted
  }

  public var executor: (any TaskExecutor)? { base.executor }
  public var shortestAnswer: Duration? { base.shortestAnswer }
  public var copyForgets: Bool { base.copyForgets }

  /// How far the server's clock may differ from ours, in seconds, where times decide what is new.
  private static let clockTolerance: Int64 = 5
  /// How often a write is sent that the underlying client sends once.
  private static let tries = 3

  // MARK: Writing

  public func putObject(
    _ reference: ObjectReference, body: RequestBody, properties: ObjectProperties, condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    try await settle(reference, condition) { () throws(S3Error) in
      let result = try await base.putObject(reference, body: body, properties: properties, condition: condition)
      guard result.etag.value.isEmpty else { return result }
      throw .withoutETag("PutObject \(reference)")
    } done: { head in
      guard let head, let md5 = await PayloadDigest.of(body, withMD5: true)?.md5, head.size == body.length,
        head.etag.isMD5(base64: md5), properties.isContained(in: head.properties)
      else { return nil }
      return WriteResult(etag: head.etag, versionID: head.versionID, lastModified: head.lastModified)
    }
  }

  public func copyObject(
    from source: ObjectReference, to destination: ObjectReference, metadata: CopyMetadata, ifSourceMatch: ETag?
  ) async throws(S3Error) -> WriteResult {
    let began = now()
    let failure: S3Error
    do throws(S3Error) {
      let result = try await base.copyObject(
        from: source, to: destination, metadata: metadata, ifSourceMatch: ifSourceMatch)
      guard result.etag.value.isEmpty else { return result }
      failure = .withoutETag("CopyObject \(destination)")
    } catch {
      guard error.isUncertain else { throw error }
      failure = error
    }
    guard let copy = try await present(destination, after: failure),
      let original = source == destination ? copy : try await present(source, after: failure)
    else { throw failure }
    let isNew = copy.lastModified.seconds >= began.seconds - Self.clockTolerance
    let isSameSource = ifSourceMatch.map { $0 == original.etag || source == destination } ?? true
    var expected = metadata.properties ?? original.properties
    // S3 copies all headers but this one.
    if metadata.properties == nil { expected.redirectLocation = nil }
    let hasHeaders = expected.isContained(in: copy.properties)
    guard isSameSource, hasHeaders, copy.size == original.size, copy.etag == original.etag || isNew else {
      throw failure
    }
    return WriteResult(etag: copy.etag, versionID: copy.versionID, lastModified: copy.lastModified)
  }

  public func deleteObject(_ reference: ObjectReference, ifMatch etag: ETag) async throws(S3Error) {
    _ = try await settle(reference, .ifMatch(etag)) { () throws(S3Error) in
      try await base.deleteObject(reference, ifMatch: etag)
      return true
    } done: { head in
      head == nil ? true : nil
    }
  }

  public func deleteObject(_ reference: ObjectReference, versionID: String?) async throws(S3Error) {
    do throws(S3Error) { try await base.deleteObject(reference, versionID: versionID) } catch {
      guard error.isUncertain, versionID == nil, try await present(reference, after: error) == nil else { throw error }
    }
  }

  public func deleteObjects(bucket: String, keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure] {
    do throws(S3Error) { return try await base.deleteObjects(bucket: bucket, keys: keys) } catch {
      guard error.code == .malformedResponse else { throw error }
      var failures: [DeleteFailure] = []
      for key in keys {
        do throws(S3Error) {
          try await deleteObject(ObjectReference(bucket: bucket, key: key), versionID: nil)
        } catch { failures.append(DeleteFailure(key: key, error: error)) }
      }
      return failures
    }
  }

  // MARK: Multipart uploads

  public func createMultipartUpload(
    _ reference: ObjectReference, properties: ObjectProperties, copies: Bool
  ) async throws(S3Error) -> MultipartUpload {
    let began = now()
    do throws(S3Error) {
      return try await base.createMultipartUpload(reference, properties: properties, copies: copies)
    } catch {
      guard error.isUncertain, error.code != .cancelled else { throw error }
      // An upload may have begun whose id was never received.
      guard let uploads = try? await base.listMultipartUploads(bucket: reference.bucket, prefix: reference.key) else {
        throw error
      }
      for upload in uploads
      where upload.reference.key == reference.key
        && (upload.initiated.map { $0.seconds >= began.seconds - Self.clockTolerance } ?? false)
      {
        await unwanted(upload)
      }
      return try await base.createMultipartUpload(reference, properties: properties, copies: copies)
    }
  }

  public func uploadPart(
    _ upload: MultipartUpload, number: Int, body: RequestBody
  ) async throws(S3Error) -> UploadedPart {
    let part = try await base.uploadPart(upload, number: number, body: body)
    guard part.etag.value.isEmpty else { return part }
    throw .withoutETag("UploadPart \(number) \(upload.reference)")
  }

  public func uploadPartCopy(
    _ upload: MultipartUpload, number: Int, from source: ObjectReference, range: Range<Int64>, ifSourceMatch: ETag?
  ) async throws(S3Error) -> UploadedPart {
    let part = try await base.uploadPartCopy(
      upload, number: number, from: source, range: range, ifSourceMatch: ifSourceMatch)
    guard part.etag.value.isEmpty else { return part }
    throw .withoutETag("UploadPartCopy \(number) \(upload.reference)")
  }

  public func completeMultipartUpload(
    _ upload: MultipartUpload, parts: [UploadedPart], condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    var failure: S3Error?
    var refusal: S3Error?
    for _ in 0..<Self.tries {
      do throws(S3Error) {
        let result = try await base.completeMultipartUpload(upload, parts: parts, condition: condition)
        guard result.etag.value.isEmpty else { return result }
        failure = failure ?? .withoutETag("CompleteMultipartUpload \(upload.reference)")
      } catch {
        // After an uncertain try: done already, or refused because it was.
        let isEcho = failure != nil && (error.code == .noSuchUpload || error.code == .preconditionFailed)
        if failure == nil, try await isMistaken(error, upload.reference, condition) {
          refusal = error
          continue
        }
        guard error.isUncertain || isEcho else { throw error }
        failure = failure ?? error
        if isEcho { break }
      }
      if let head = try await completed(upload, parts, after: failure) {
        return WriteResult(etag: head.etag, versionID: head.versionID, lastModified: head.lastModified)
      }
    }
    if let head = try await completed(upload, parts, after: failure) {
      return WriteResult(etag: head.etag, versionID: head.versionID, lastModified: head.lastModified)
    }
    throw failure?.refused(condition) ?? refusal ?? .withoutETag("CompleteMultipartUpload \(upload.reference)")
  }

  /// Performs a write and checks the state when its answer is uncertain. A write whose condition still holds then, so
  /// that it has not been performed, is retried; without a condition, the underlying client has done that already.
  ///
  /// - Parameter done: the result of the write, if `head` is its work; nil if it is not.
  private func settle<Result>(
    _ reference: ObjectReference, _ condition: WriteCondition, write: () async throws(S3Error) -> Result,
    done: (_ head: ObjectHead?) async -> Result?
  ) async throws(S3Error) -> Result {
    var first: S3Error?
    var refusal: S3Error?
    for _ in 0..<Self.tries {
      do throws(S3Error) { return try await write() } catch {
        if first == nil, try await isMistaken(error, reference, condition) {
          refusal = error
          continue
        }
        guard error.isUncertain || first != nil && error.mayBeEcho else { throw error }
        let failure = first ?? error
        first = failure
        let head = try await present(reference, after: failure)
        if let result = await done(head) { return result }
        guard condition.isMet(by: head), error.code != .timedOut else { throw failure.refused(condition) }
      }
    }
    throw first?.refused(condition) ?? refusal ?? .withoutETag("\(reference)")
  }

  /// Returns whether a first try was refused although the version that it was to replace is there: nothing was written,
  /// and it is worth a retry. A refusal because an object exists where none should is believed: it is the usual case.
  /// Cost: one HEAD.
  private func isMistaken(
    _ error: S3Error, _ reference: ObjectReference, _ condition: WriteCondition
  ) async throws(S3Error) -> Bool {
    guard error.code == .preconditionFailed, !error.isAfterUncertainTry, case .ifMatch = condition else { return false }
    return condition.isMet(by: try await present(reference, after: error))
  }

  /// Returns the object, if it is the one that the parts make.
  private func completed(
    _ upload: MultipartUpload, _ parts: [UploadedPart], after failure: S3Error?
  ) async throws(S3Error) -> ObjectHead? {
    guard let failure, let expected = ETag(ofParts: parts.sorted { $0.number < $1.number }.map(\.etag)),
      let head = try await present(upload.reference, after: failure)
    else { return nil }
    return head.etag == expected ? head : nil
  }

  /// Returns the object at a key now; nil if there is none. Throws `failure` where that cannot be determined.
  private func present(_ reference: ObjectReference, after failure: S3Error) async throws(S3Error) -> ObjectHead? {
    guard failure.code != .cancelled else { throw failure }
    do throws(S3Error) {
      return try await base.headObject(reference, conditions: .none, versionID: nil)
    } catch {
      guard error.code == .noSuchKey || error.status == 404 else { throw failure }
      return nil
    }
  }
}

// MARK: Passed on

extension ConfirmingStore {
  public func listBuckets() async throws(S3Error) -> [BucketSummary] { try await base.listBuckets() }
  public func createBucket(_ bucket: String) async throws(S3Error) { try await base.createBucket(bucket) }
  public func deleteBucket(_ bucket: String) async throws(S3Error) { try await base.deleteBucket(bucket) }
  public func headBucket(_ bucket: String) async throws(S3Error) { try await base.headBucket(bucket) }
  public func listObjects(_ request: ListRequest) async throws(S3Error) -> ListPage {
    try await base.listObjects(request)
  }

  public func listVersions(
    bucket: String, prefix: ObjectKey, keyMarker: ObjectKey?, versionMarker: String?
  ) async throws(S3Error) -> VersionsPage {
    try await base.listVersions(bucket: bucket, prefix: prefix, keyMarker: keyMarker, versionMarker: versionMarker)
  }

  public func headObject(
    _ reference: ObjectReference, conditions: ReadConditions, versionID: String?
  ) async throws(S3Error) -> ObjectHead {
    try await base.headObject(reference, conditions: conditions, versionID: versionID)
  }

  public func getObject(
    _ reference: ObjectReference, range: Range<Int64>?, conditions: ReadConditions, versionID: String?,
    into sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    try await base.getObject(reference, range: range, conditions: conditions, versionID: versionID, into: sink)
  }

  public func restoreVersion(
    _ versionID: String, of reference: ObjectReference, properties: ObjectProperties
  ) async throws(S3Error) -> WriteResult {
    try await base.restoreVersion(versionID, of: reference, properties: properties)
  }

  public func abortMultipartUpload(_ upload: MultipartUpload) async throws(S3Error) {
    try await base.abortMultipartUpload(upload)
  }

  public func listMultipartUploads(bucket: String, prefix: ObjectKey) async throws(S3Error) -> [MultipartUpload] {
    try await base.listMultipartUploads(bucket: bucket, prefix: prefix)
  }

  public func tags(of reference: ObjectReference) async throws(S3Error) -> [Tag] { try await base.tags(of: reference) }
  public func setTags(_ tags: [Tag], of reference: ObjectReference) async throws(S3Error) {
    try await base.setTags(tags, of: reference)
  }

  public func presignedURL(
    _ reference: ObjectReference, versionID: String?, expiresIn seconds: Int, endpoint: String?
  ) throws(S3Error) -> String {
    try base.presignedURL(reference, versionID: versionID, expiresIn: seconds, endpoint: endpoint)
  }

  public func region(of bucket: String) async throws(S3Error) -> String { try await base.region(of: bucket) }
  public func versioning(of bucket: String) async throws(S3Error) -> BucketVersioning {
    try await base.versioning(of: bucket)
  }
  public func setVersioned(_ versioned: Bool, _ bucket: String) async throws(S3Error) {
    try await base.setVersioned(versioned, bucket)
  }

  public func notifications(of bucket: String) async throws(S3Error) -> [UInt8]? {
    try await base.notifications(of: bucket)
  }

  public func setNotifications(_ document: [UInt8]?, of bucket: String) async throws(S3Error) {
    try await base.setNotifications(document, of: bucket)
  }
}

/// The S3 operations that the file-system model is built on: one method, one request (listed with its S3 name).
///
/// The seam for tests: `S3Client` connects to a server, TestSupport's stores hold objects in memory, count requests or
/// inject faults. Every method ends within the client's deadline, and throws `.cancelled` soon after its task is
/// cancelled.
public protocol ObjectStore: Sendable {
  /// The executor on which answers arrive: a task that prefers it waits for a request without a change of threads. For
  /// tasks without long computations, because no other answer arrives meanwhile. nil: there is none, any executor is as
  /// good.
  var executor: (any TaskExecutor)? { get }

  /// Whether the server's COPY is known to drop headers that S3's copies (LocalStack: Expires).
  var copyForgets: Bool { get }

  /// The shortest time that an answer has taken, once there were many; nil: not known.
  var shortestAnswer: Duration? { get }

  // MARK: Buckets
  /// ListBuckets, all pages.
  func listBuckets() async throws(S3Error) -> [BucketSummary]
  /// CreateBucket, in the client's region.
  func createBucket(_ bucket: String) async throws(S3Error)
  /// DeleteBucket; throws `.bucketNotEmpty` when it has objects.
  func deleteBucket(_ bucket: String) async throws(S3Error)
  /// HeadBucket.
  func headBucket(_ bucket: String) async throws(S3Error)

  // MARK: Configuration of a bucket
  /// GetBucketLocation.
  func region(of bucket: String) async throws(S3Error) -> String
  /// GetBucketVersioning.
  func versioning(of bucket: String) async throws(S3Error) -> BucketVersioning
  /// PutBucketVersioning: Enabled or Suspended.
  func setVersioned(_ versioned: Bool, _ bucket: String) async throws(S3Error)
  /// GetBucketNotificationConfiguration: returns the document unchanged; nil if nothing is configured.
  func notifications(of bucket: String) async throws(S3Error) -> [UInt8]?
  /// PutBucketNotificationConfiguration of a document that `notifications(of:)` returned; nil removes the whole
  /// configuration.
  func setNotifications(_ document: [UInt8]?, of bucket: String) async throws(S3Error)

  // MARK: Listing
  /// ListObjectsV2, one page.
  func listObjects(_ request: ListRequest) async throws(S3Error) -> ListPage
  /// ListObjectVersions, one page.
  func listVersions(
    bucket: String, prefix: ObjectKey, keyMarker: ObjectKey?, versionMarker: String?
  ) async throws(S3Error) -> VersionsPage

  // MARK: Reading
  /// HeadObject.
  func headObject(
    _ reference: ObjectReference, conditions: ReadConditions, versionID: String?
  ) async throws(S3Error) -> ObjectHead
  /// GetObject: `sink` receives the head, then the bytes. An interrupted transfer is resumed with If-Match, so that a
  /// sink never sees two versions. A range that begins at or past the end throws `.invalidRange`.
  @discardableResult
  func getObject(
    _ reference: ObjectReference, range: Range<Int64>?, conditions: ReadConditions, versionID: String?,
    into sink: any BodySink
  ) async throws(S3Error) -> ObjectHead

  // MARK: Writing
  /// PutObject, with a checksum that the server verifies.
  func putObject(
    _ reference: ObjectReference, body: RequestBody, properties: ObjectProperties, condition: WriteCondition
  ) async throws(S3Error) -> WriteResult
  /// CopyObject (at most 5 GiB), optionally only if the source has this ETag. Tags are copied too, unless `metadata`
  /// replaces them.
  func copyObject(
    from source: ObjectReference, to destination: ObjectReference, metadata: CopyMetadata, ifSourceMatch: ETag?
  ) async throws(S3Error) -> WriteResult
  /// CopyObject of an older version (at most 5 GiB) onto its own key, which makes it the newest again. `properties` are
  /// that version's: LocalStack accepts a copy onto itself only with headers of its own.
  func restoreVersion(
    _ versionID: String, of reference: ObjectReference, properties: ObjectProperties
  ) async throws(S3Error) -> WriteResult
  /// DeleteObject, if the object has this ETag. Throws `.notImplemented` where the server cannot check that.
  func deleteObject(_ reference: ObjectReference, ifMatch etag: ETag) async throws(S3Error)
  /// DeleteObject. Deleting what does not exist succeeds, as S3 defines it.
  func deleteObject(_ reference: ObjectReference, versionID: String?) async throws(S3Error)
  /// DeleteObjects: at most 1,000 keys. Returns the keys that could not be deleted.
  func deleteObjects(bucket: String, keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure]

  // MARK: Multipart uploads
  /// CreateMultipartUpload. `copies` announces that parts will be copied: then S3 stores no checksums of the parts.
  func createMultipartUpload(
    _ reference: ObjectReference, properties: ObjectProperties, copies: Bool
  ) async throws(S3Error) -> MultipartUpload
  /// UploadPart, with a checksum that the server verifies.
  func uploadPart(_ upload: MultipartUpload, number: Int, body: RequestBody) async throws(S3Error) -> UploadedPart
  /// UploadPartCopy of a range (at most 5 GiB) of an object that must still have this ETag.
  func uploadPartCopy(
    _ upload: MultipartUpload, number: Int, from source: ObjectReference, range: Range<Int64>, ifSourceMatch: ETag?
  ) async throws(S3Error) -> UploadedPart
  /// CompleteMultipartUpload.
  func completeMultipartUpload(
    _ upload: MultipartUpload, parts: [UploadedPart], condition: WriteCondition
  ) async throws(S3Error) -> WriteResult
  /// AbortMultipartUpload.
  func abortMultipartUpload(_ upload: MultipartUpload) async throws(S3Error)
  /// ListMultipartUploads, all pages below a prefix.
  func listMultipartUploads(bucket: String, prefix: ObjectKey) async throws(S3Error) -> [MultipartUpload]

  // MARK: Tags
  /// GetObjectTagging.
  func tags(of reference: ObjectReference) async throws(S3Error) -> [Tag]
  /// PutObjectTagging; an empty list deletes them all.
  func setTags(_ tags: [Tag], of reference: ObjectReference) async throws(S3Error)

  // MARK: Without a request
  /// Returns a URL with which anyone may read the object for `seconds` (1 ... 604,800), without credentials. `endpoint`
  /// names another way to the same server; nil is the client's own. Throws `.invalidRequest` for a malformed one.
  func presignedURL(
    _ reference: ObjectReference, versionID: String?, expiresIn seconds: Int, endpoint: String?
  ) throws(S3Error) -> String
}

extension ObjectStore {
  public var executor: (any TaskExecutor)? { nil }
  public var copyForgets: Bool { false }
  public var shortestAnswer: Duration? { nil }

  /// Returns the tags that an object had when an answer contained their number; none where it is gone since, or where
  /// the number is unknown (nil) and the server stores no tags, or does not permit reading them. Cost: one GET, unless
  /// there are none.
  public func tags(of reference: ObjectReference, counted count: Int?) async throws(S3Error) -> [Tag] {
    if count == 0 { return [] }
    do throws(S3Error) { return try await tags(of: reference) } catch {
      let isRefused = error.status.map { (400..<500).contains($0) || $0 == 501 } ?? (error.code == .notImplemented)
      guard error.code == .noSuchKey || (count == nil && isRefused) else { throw error }
      return []
    }
  }

  /// CreateMultipartUpload, for parts that are all sent.
  public func createMultipartUpload(
    _ reference: ObjectReference, properties: ObjectProperties
  ) async throws(S3Error) -> MultipartUpload {
    try await createMultipartUpload(reference, properties: properties, copies: false)
  }
}

extension ObjectStore {
  /// GetBucketVersioning: returns whether new versions are kept.
  public func isVersioned(_ bucket: String) async throws(S3Error) -> Bool {
    try await versioning(of: bucket) == .enabled
  }
}

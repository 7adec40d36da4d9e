public import S3

/// One call of a store, as an interceptor sees it.
public struct StoreCall: Hashable, Sendable, CustomStringConvertible {
  public let operation: StoreOperation
  public let bucket: String
  /// The key, the source of a copy, or the prefix of a listing; "" where there is none.
  public let key: ObjectKey
  /// The length of the body that is sent.
  public let bytesSent: Int64

  init(_ operation: StoreOperation, _ bucket: String = "", _ key: ObjectKey = "", bytesSent: Int64 = 0) {
    self.operation = operation
    self.bucket = bucket
    self.key = key
    self.bytesSent = bytesSent
  }

  init(_ operation: StoreOperation, _ reference: ObjectReference, bytesSent: Int64 = 0) {
    self.init(operation, reference.bucket, reference.key, bytesSent: bytesSent)
  }

  public var description: String { "\(operation) \(bucket)/\(key)" }
}

/// A store that forwards every call to another store, and can act before, after or instead.
public protocol InterceptingStore: ObjectStore {
  var base: any ObjectStore { get }
  func around<Value: Sendable>(
    _ call: StoreCall, _ perform: () async throws(S3Error) -> Value
  ) async throws(S3Error) -> Value
}

extension InterceptingStore {
  public func listBuckets() async throws(S3Error) -> [BucketSummary] {
    try await around(StoreCall(.listBuckets)) { () async throws(S3Error) in try await base.listBuckets() }
  }

  public func createBucket(_ bucket: String) async throws(S3Error) {
    try await around(StoreCall(.createBucket, bucket)) { () async throws(S3Error) in
      try await base.createBucket(bucket)
    }
  }

  public func deleteBucket(_ bucket: String) async throws(S3Error) {
    try await around(StoreCall(.deleteBucket, bucket)) { () async throws(S3Error) in
      try await base.deleteBucket(bucket)
    }
  }

  public func headBucket(_ bucket: String) async throws(S3Error) {
    try await around(StoreCall(.headBucket, bucket)) { () async throws(S3Error) in try await base.headBucket(bucket) }
  }

  public func region(of bucket: String) async throws(S3Error) -> String {
    try await around(StoreCall(.getBucketLocation, bucket)) { () async throws(S3Error) in
      try await base.region(of: bucket)
    }
  }

  public func versioning(of bucket: String) async throws(S3Error) -> BucketVersioning {
    try await around(StoreCall(.getBucketVersioning, bucket)) { () async throws(S3Error) in
      try await base.versioning(of: bucket)
    }
  }

  public func setVersioned(_ versioned: Bool, _ bucket: String) async throws(S3Error) {
    try await around(StoreCall(.putBucketVersioning, bucket)) { () async throws(S3Error) in
      try await base.setVersioned(versioned, bucket)
    }
  }

  public func notifications(of bucket: String) async throws(S3Error) -> [UInt8]? {
    try await around(StoreCall(.getBucketNotifications, bucket)) { () async throws(S3Error) in
      try await base.notifications(of: bucket)
    }
  }

  public func setNotifications(_ document: [UInt8]?, of bucket: String) async throws(S3Error) {
    try await around(StoreCall(.putBucketNotifications, bucket)) { () async throws(S3Error) in
      try await base.setNotifications(document, of: bucket)
    }
  }

  public func listObjects(_ request: ListRequest) async throws(S3Error) -> ListPage {
    try await around(StoreCall(.listObjects, request.bucket, request.prefix)) { () async throws(S3Error) in
      try await base.listObjects(request)
    }
  }

  public func listVersions(
    bucket: String, prefix: ObjectKey, keyMarker: ObjectKey?, versionMarker: String?
  ) async throws(S3Error) -> VersionsPage {
    try await around(StoreCall(.listVersions, bucket, prefix)) { () async throws(S3Error) in
      try await base.listVersions(bucket: bucket, prefix: prefix, keyMarker: keyMarker, versionMarker: versionMarker)
    }
  }

  public func headObject(
    _ reference: ObjectReference, conditions: ReadConditions, versionID: String?
  ) async throws(S3Error) -> ObjectHead {
    try await around(StoreCall(.headObject, reference)) { () async throws(S3Error) in
      try await base.headObject(reference, conditions: conditions, versionID: versionID)
    }
  }

  @discardableResult
  public func getObject(
    _ reference: ObjectReference, range: Range<Int64>?, conditions: ReadConditions, versionID: String?,
    into sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    try await around(StoreCall(.getObject, reference)) { () async throws(S3Error) in
      try await base.getObject(reference, range: range, conditions: conditions, versionID: versionID, into: sink)
    }
  }

  public func putObject(
    _ reference: ObjectReference, body: RequestBody, properties: ObjectProperties, condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    try await around(StoreCall(.putObject, reference, bytesSent: body.length)) { () async throws(S3Error) in
      try await base.putObject(reference, body: body, properties: properties, condition: condition)
    }
  }

  public func copyObject(
    from source: ObjectReference, to destination: ObjectReference, metadata: CopyMetadata, ifSourceMatch: ETag?
  ) async throws(S3Error) -> WriteResult {
    try await around(StoreCall(.copyObject, source)) { () async throws(S3Error) in
      try await base.copyObject(from: source, to: destination, metadata: metadata, ifSourceMatch: ifSourceMatch)
    }
  }

  public func restoreVersion(
    _ versionID: String, of reference: ObjectReference, properties: ObjectProperties
  ) async throws(S3Error) -> WriteResult {
    try await around(StoreCall(.copyObject, reference)) { () async throws(S3Error) in
      try await base.restoreVersion(versionID, of: reference, properties: properties)
    }
  }

  public func deleteObject(_ reference: ObjectReference, ifMatch etag: ETag) async throws(S3Error) {
    try await around(StoreCall(.deleteObject, reference)) { () async throws(S3Error) in
      try await base.deleteObject(reference, ifMatch: etag)
    }
  }

  public func deleteObject(_ reference: ObjectReference, versionID: String?) async throws(S3Error) {
    try await around(StoreCall(.deleteObject, reference)) { () async throws(S3Error) in
      try await base.deleteObject(reference, versionID: versionID)
    }
  }

  public func deleteObjects(bucket: String, keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure] {
    try await around(StoreCall(.deleteObjects, bucket)) { () async throws(S3Error) in
      try await base.deleteObjects(bucket: bucket, keys: keys)
    }
  }

  public func presignedURL(
    _ reference: ObjectReference, versionID: String?, expiresIn seconds: Int, endpoint: String?
  ) throws(S3Error) -> String {
    try base.presignedURL(reference, versionID: versionID, expiresIn: seconds, endpoint: endpoint)
  }

  public func tags(of reference: ObjectReference) async throws(S3Error) -> [Tag] {
    try await around(StoreCall(.getObjectTagging, reference)) { () async throws(S3Error) in
      try await base.tags(of: reference)
    }
  }

  public func setTags(_ tags: [Tag], of reference: ObjectReference) async throws(S3Error) {
    try await around(StoreCall(.putObjectTagging, reference)) { () async throws(S3Error) in
      try await base.setTags(tags, of: reference)
    }
  }
}

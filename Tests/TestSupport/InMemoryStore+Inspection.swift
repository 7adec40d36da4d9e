public import S3
import Synchronization

/// Another client's changes and reads. None of them counts as a request.
extension InMemoryStore {
  /// Puts an object, and the bucket if it is missing.
  @discardableResult
  public func put(
    _ bucket: String, _ key: ObjectKey, _ bytes: [UInt8], properties: ObjectProperties = ObjectProperties()
  ) -> ETag {
    let object = StoredObject(
      bytes: bytes, etag: behaviour.etag(bytes), lastModified: lastModified(), properties: properties.asStored,
      tags: properties.tags)
    state.withLock { state in
      state.buckets[bucket, default: StoredBucket(created: object.lastModified)][key] = object
    }
    return object.etag
  }

  @discardableResult
  public func put(
    _ bucket: String, _ key: ObjectKey, _ text: String = "", properties: ObjectProperties = ObjectProperties()
  ) -> ETag { put(bucket, key, Array(text.utf8), properties: properties) }

  /// Keeps every version from now on.
  public func switchVersioningOn(_ bucket: String) { state.withLock { $0.buckets[bucket]?.isVersioned = true } }

  public func tags(_ bucket: String, _ key: ObjectKey) -> [Tag]? {
    state.withLock { $0.buckets[bucket]?[key]?.tags }
  }

  /// Puts tags on an object, which changes neither its ETag nor its LastModified.
  public func tag(_ bucket: String, _ key: ObjectKey, _ tags: [Tag]) {
    state.withLock { $0.buckets[bucket]?.setTags(tags, of: key) }
  }

  public func remove(_ bucket: String, _ key: ObjectKey) { state.withLock { $0.buckets[bucket]?[key] = nil } }

  /// Returns nil if there is no such object.
  public func bytes(_ bucket: String, _ key: ObjectKey) -> [UInt8]? {
    state.withLock { $0.buckets[bucket]?[key]?.bytes }
  }

  public func text(_ bucket: String, _ key: ObjectKey) -> String? {
    bytes(bucket, key).map { String(decoding: $0, as: UTF8.self) }
  }

  public func head(_ bucket: String, _ key: ObjectKey) -> ObjectHead? {
    state.withLock { $0.buckets[bucket]?[key] }.map { $0.head(at: inHead($0.lastModified)) }
  }

  /// Returns all keys in order of their bytes; nil if there is no such bucket.
  public func keys(_ bucket: String) -> [ObjectKey]? { state.withLock { $0.buckets[bucket]?.keys } }

  public var bucketNames: [String] { state.withLock { $0.buckets.keys.sorted() } }

  /// How many multipart uploads are neither completed nor aborted.
  public var uploadsInProgress: Int { state.withLock { $0.uploads.count } }
}

import S3

/// Settings of a bucket that apply to the objects stored in it. nil: the server does not report the setting.
public struct BucketSettings: Sendable {
  public var region: String?
  public var versioning: BucketVersioning?
  public var notifications: [BucketNotification]?
}

/// An object of a bucket with versions whose newest version is a delete marker.
public struct DeletedObject: Sendable {
  public var path: ObjectPath
  /// When it was deleted.
  public var deleted: Timestamp
  /// The newest version that is not a marker: it can be restored. nil if none is left.
  public var last: ListedVersion?
}

extension KeyEdits {
  /// Returns the settings of a bucket. Throws notFound. Cost: GetBucketLocation, GetBucketVersioning and
  /// GetBucketNotificationConfiguration, at once.
  public func settings(of bucket: ObjectPath) async throws(FileSystemError) -> BucketSettings {
    try await door.enter(bucket, .read)
    _ = try await byKey.locate(bucket, freshness: .withinTTL)
    let name = bucket.bucket
    async let region = try? store.region(of: name)
    async let versioning = try? store.versioning(of: name)
    async let notifications = isWhole(bucket: name) ? try? notifications(of: name) : nil
    return BucketSettings(
      region: await region, versioning: await versioning, notifications: await notifications)
  }

  /// Returns whether all of a bucket is shown, not only what is below a prefix.
  private func isWhole(bucket name: String) -> Bool { knowledge.location(ofBucket: name).prefix.isEmpty }

  private func notifications(of bucket: String) async throws(S3Error) -> [BucketNotification] {
    try await store.notifications(of: bucket).map { BucketNotification.parse($0) } ?? []
  }

  /// Enables versioning of a bucket, or suspends it: existing versions stay. Throws notFound. Cost: one
  /// PutBucketVersioning.
  public func setVersioned(_ isVersioned: Bool, _ bucket: ObjectPath) async throws(FileSystemError) {
    try await door.enter(bucket, .change)
    guard isWhole(bucket: bucket.bucket) else {
      throw FileSystemError(
        .notPermitted, "--bucket shows a part of \(bucket.bucket) only: what the whole bucket does is not changed")
    }
    try await mappingErrors { () async throws(S3Error) in try await store.setVersioned(isVersioned, bucket.bucket) }
  }

  /// Returns the deleted objects below a directory, by key, and whether there are more than `limit`; none for a bucket
  /// without versioning. Throws notFound. Cost: one ListObjectVersions per 1,000 versions, at most `pages`.
  public func deletedObjects(
    below directory: ObjectPath, limit: Int = 1000, pages: Int = 50
  ) async throws(FileSystemError) -> (found: [DeletedObject], isTruncated: Bool) {
    try await door.enter(directory, .read)
    _ = try await byKey.locate(ObjectPath(bucket: directory.bucket), freshness: .withinTTL)
    var markers: [ObjectKey: Timestamp] = [:]
    var newest: [ObjectKey: ObjectVersion] = [:]
    var page = VersionsPage(versions: [])
    var read = 0
    repeat {
      let (key, version) = (page.nextKeyMarker, page.nextVersionMarker)
      page = try await mappingErrors { () async throws(S3Error) in
        try await store.listVersions(
          bucket: directory.bucket, prefix: self.door.directory(at: directory).prefix, keyMarker: key,
          versionMarker: version
        )
      }
      read += 1
      // Some servers list all markers after all versions of a page.
      for version in page.versions {
        if version.isDeleteMarker {
          if version.isLatest { markers[version.key] = version.lastModified }
        } else if newest[version.key].map({ $0.lastModified < version.lastModified }) ?? true {
          newest[version.key] = version
        }
      }
    } while page.nextKeyMarker != nil && read < pages && markers.count <= limit
    let found = markers.sorted { $0.key < $1.key }.map { key, deleted in
      DeletedObject(
        path: ObjectPath(bucket: directory.bucket, key: key), deleted: deleted,
        last: newest[key].map { ListedVersion($0) })
    }
    return (Array(found.prefix(limit)), page.nextKeyMarker != nil || found.count > limit)
  }
}

public import S3

extension InMemoryStore {
  public func listBuckets() async throws(S3Error) -> [BucketSummary] {
    try access(.listBuckets) { state in
      if behaviour.hidesBuckets { return [] }
      return state.buckets.map { BucketSummary(name: $0.key, created: $0.value.created) }.sorted { $0.name < $1.name }
    }
  }

  public func createBucket(_ bucket: String) async throws(S3Error) {
    let created = lastModified()
    try access(.createBucket) { (state) throws(S3Error) in
      guard (3...63).contains(bucket.utf8.count) else { throw StoreOperation.createBucket.error(.invalidBucketName) }
      if state.buckets[bucket] == nil {
        state.buckets[bucket] = StoredBucket(created: created)
      } else if behaviour.refusesOwnBuckets {
        throw StoreOperation.createBucket.error(.bucketAlreadyOwnedByYou, bucket)
      }
    }
  }

  public func deleteBucket(_ bucket: String) async throws(S3Error) {
    try access(.deleteBucket) { (state) throws(S3Error) in
      guard try state.bucket(bucket, .deleteBucket).keys.isEmpty else {
        throw StoreOperation.deleteBucket.error(.bucketNotEmpty, bucket)
      }
      state.buckets[bucket] = nil
    }
  }

  public func headBucket(_ bucket: String) async throws(S3Error) {
    try access(.headBucket) { (state) throws(S3Error) in _ = try state.bucket(bucket, .headBucket) }
  }

  public func region(of bucket: String) async throws(S3Error) -> String {
    try access(.getBucketLocation) { (state) throws(S3Error) in
      _ = try state.bucket(bucket, .getBucketLocation)
      return "us-east-1"
    }
  }

  public func versioning(of bucket: String) async throws(S3Error) -> BucketVersioning {
    try access(.getBucketVersioning) { (state) throws(S3Error) in
      try state.bucket(bucket, .getBucketVersioning).isVersioned ? .enabled : .off
    }
  }

  public func setVersioned(_ versioned: Bool, _ bucket: String) async throws(S3Error) {
    try access(.putBucketVersioning) { (state) throws(S3Error) in
      _ = try state.bucket(bucket, .putBucketVersioning)
      state.buckets[bucket]?.isVersioned = versioned
    }
  }

  public func notifications(of bucket: String) async throws(S3Error) -> [UInt8]? {
    try access(.getBucketNotifications) { (state) throws(S3Error) in
      try state.bucket(bucket, .getBucketNotifications).notifications
    }
  }

  public func setNotifications(_ document: [UInt8]?, of bucket: String) async throws(S3Error) {
    try access(.putBucketNotifications) { (state) throws(S3Error) in
      _ = try state.bucket(bucket, .putBucketNotifications)
      state.buckets[bucket]?.notifications = document
    }
  }

  public func listVersions(
    bucket: String, prefix: ObjectKey, keyMarker: ObjectKey?, versionMarker: String?
  ) async throws(S3Error) -> VersionsPage {
    try access(.listVersions) { (state) throws(S3Error) in
      let stored = try state.bucket(bucket, .listVersions)
      let keys = Set(stored.versions.keys).union(stored.keys).filter { $0.hasPrefix(prefix) }.sorted()
      return VersionsPage(versions: keys.flatMap { stored.listedVersions(of: $0) })
    }
  }
}

extension StoredBucket {
  /// Newest first, as S3 lists them. Without versioning an object is its own only version, "null".
  fileprivate func listedVersions(of key: ObjectKey) -> [ObjectVersion] {
    guard let kept = versions[key] else {
      guard let object = self[key] else { return [] }
      return [
        ObjectVersion(
          key: key, versionID: "null", isLatest: true, isDeleteMarker: false, lastModified: object.lastModified,
          etag: object.etag, size: Int64(object.bytes.count))
      ]
    }
    return kept.reversed().enumerated().map { index, version in
      ObjectVersion(
        key: key, versionID: version.id, isLatest: index == 0, isDeleteMarker: version.object == nil,
        lastModified: version.object?.lastModified ?? created, etag: version.object?.etag,
        size: Int64(version.object?.bytes.count ?? 0))
    }
  }
}

extension InMemoryStore.State {
  func bucket(_ name: String, _ operation: StoreOperation) throws(S3Error) -> StoredBucket {
    guard let bucket = buckets[name] else { throw operation.error(.noSuchBucket, name) }
    return bucket
  }

  func object(
    _ reference: ObjectReference, _ operation: StoreOperation, versionID: String? = nil
  ) throws(S3Error) -> StoredObject {
    if let versionID {
      guard let object = try bucket(reference.bucket, operation).object(reference.key, versionID: versionID) else {
        throw operation.error(.noSuchVersion, reference.description)
      }
      return object
    }
    guard let object = try bucket(reference.bucket, operation)[reference.key] else {
      throw operation.error(.noSuchKey, reference.description)
    }
    return object
  }
}

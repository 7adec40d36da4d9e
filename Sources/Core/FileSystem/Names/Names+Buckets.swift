import Keys
import Logging
import S3
import Synchronization

// Buckets: the directories of the root.

extension Names {
  /// Creates a bucket. Throws alreadyExists, invalidName (with S3's rule), readOnly. Cost: one CreateBucket.
  public func createBucket(_ name: String) async throws(FileSystemError) {
    try requireWritable()
    do throws(BucketNameError) { try BucketName.validate(name) } catch {
      throw FileSystemError(.invalidName, error.description)
    }
    try requireWholeBuckets("made")
    try await mappingErrors { () async throws(S3Error) in try await store.createBucket(name) }
    knowledge.madeBuckets.withLock { $0[name] = BucketSummary(name: name, created: time.wall()) }
    bucketAppeared(name)
  }

  /// Both fronts and those who watch show a new bucket.
  func bucketAppeared(_ name: String) {
    knowledge.buckets.withLock { $0.invalidate() }
    knowledge.bucketHabits.withLock { $0.forget(name) }
    knowledge.directories.withLock { $0.touch(.root) }
    changes.publishChanges(in: "", below: ObjectKey(name))
    changes.changeObserver?.entryChanged(name, in: .root)
  }

  /// Deletes a bucket. Throws notEmpty, notFound, readOnly. Cost: one DeleteBucket.
  public func deleteBucket(_ name: String) async throws(FileSystemError) {
    try requireWritable()
    try requireWholeBuckets("deleted")
    let location = DirectoryLocation(bucket: name)
    await saving.settlePending { $0.bucket == name }
    let hasNewFiles = knowledge.directories.withLock { $0.local.hasNewFiles(below: location) }
    guard !hasNewFiles else { throw FileSystemError(.notEmpty, "the bucket \(name) is not empty") }
    try await mappingErrors { () async throws(S3Error) in try await store.deleteBucket(name) }
    knowledge.madeBuckets.withLock { $0[name] = nil }
    knowledge.attributesHere.withLock { $0.forget(.directory(location)) }
    knowledge.buckets.withLock { $0.invalidate() }
    knowledge.bucketHabits.withLock { $0.forget(name) }
    knowledge.directories.withLock { cache in
      cache.forget(below: location)
      cache.forgetLocal(below: location)
      cache.forgetTime(of: .directory(location))
      cache.touch(.root)
    }
    changes.publishChanges(in: "", below: ObjectKey(name))
    changes.publishChanges(in: name)
    let child = inodes.table.withLock { $0.unlink(.directory(self.knowledge.location(ofBucket: name))) }
    changes.changeObserver?.entryRemoved(name, in: .root, child: child)
  }

  /// With `--bucket` the buckets are those: what is outside a prefix is nobody's here, and what may not be made again
  /// must not be deleted. Throws notPermitted.
  func requireWholeBuckets(_ change: String) throws(FileSystemError) {
    guard options.buckets.isEmpty else {
      throw FileSystemError(.notPermitted, "with --bucket no bucket is \(change): only what is in those that it names")
    }
  }

}

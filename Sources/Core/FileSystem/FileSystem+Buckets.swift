import Keys
import Logging
import S3
import Synchronization

// Buckets: the directories of the root.

extension FileSystem {
  /// Creates a bucket. Throws alreadyExists, invalidName (with S3's rule), readOnly. Cost: one CreateBucket.
  public func createBucket(_ name: String) async throws(FileSystemError) {
    try requireWritable()
    do throws(BucketNameError) { try BucketName.validate(name) } catch {
      throw FileSystemError(.invalidName, error.description)
    }
    try requireWholeBuckets("made")
    try await mappingErrors { () async throws(S3Error) in try await store.createBucket(name) }
    madeBuckets.withLock { $0[name] = BucketSummary(name: name, created: time.wall()) }
    bucketAppeared(name)
  }

  /// Both fronts and those who watch show a new bucket.
  func bucketAppeared(_ name: String) {
    buckets.withLock { $0.invalidate() }
    bucketHabits.withLock { $0.forget(name) }
    directories.withLock { $0.touch(.root) }
    publishChanges(in: "", below: ObjectKey(name))
    changeObserver?.entryChanged(name, in: .root)
  }

  /// Deletes a bucket. Throws notEmpty, notFound, readOnly. Cost: one DeleteBucket.
  public func deleteBucket(_ name: String) async throws(FileSystemError) {
    try requireWritable()
    try requireWholeBuckets("deleted")
    let location = DirectoryLocation(bucket: name)
    await settlePending { $0.bucket == name }
    let hasNewFiles = directories.withLock { $0.local.hasNewFiles(below: location) }
    guard !hasNewFiles else { throw FileSystemError(.notEmpty, "the bucket \(name) is not empty") }
    try await mappingErrors { () async throws(S3Error) in try await store.deleteBucket(name) }
    madeBuckets.withLock { $0[name] = nil }
    attributesHere.withLock { $0.forget(.directory(location)) }
    buckets.withLock { $0.invalidate() }
    bucketHabits.withLock { $0.forget(name) }
    directories.withLock { cache in
      cache.forget(below: location)
      cache.forgetLocal(below: location)
      cache.forgetTime(of: .directory(location))
      cache.touch(.root)
    }
    publishChanges(in: "", below: ObjectKey(name))
    publishChanges(in: name)
    let child = inodes.withLock { $0.unlink(.directory(self.location(ofBucket: name))) }
    changeObserver?.entryRemoved(name, in: .root, child: child)
  }

  /// With `--bucket` the buckets are those: what is outside a prefix is nobody's here, and what may not be made again
  /// must not be deleted. Throws notPermitted.
  func requireWholeBuckets(_ change: String) throws(FileSystemError) {
    guard options.buckets.isEmpty else {
      throw FileSystemError(.notPermitted, "with --bucket no bucket is \(change): only what is in those that it names")
    }
  }

  /// A bucket cannot be renamed: a new one is made, everything is moved there by the server, and the old one deleted.
  func renameBucket(_ name: String, to newName: String, flags: RenameFlags) async throws(FileSystemError) {
    try requireWholeBuckets("renamed")
    let known = try await knownBuckets().map(\.name)
    guard known.contains(name) else { throw .gone(name) }
    let (source, destination) = (DirectoryLocation(bucket: name), DirectoryLocation(bucket: newName))
    if known.contains(newName) {
      guard !flags.contains(.noReplace) else { throw FileSystemError(.alreadyExists, "\(newName) exists") }
      guard name != newName else { return }
      try await requireEmpty(destination)
    } else {
      try await createBucket(newName)
    }
    try await moveTree(source, to: destination)
    attributesHere.withLock { $0.set($0[.directory(source)], of: .directory(destination)) }
    try await deleteBucket(name)
  }
}

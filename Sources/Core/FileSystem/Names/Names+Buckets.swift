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
    changes.apply(.madeBucket(name))
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
    changes.apply(.deletedBucket(name))
  }

  /// Requires that a change may affect whole buckets. With `--bucket` the set of buckets is fixed: keys outside a
  /// prefix are inaccessible here, and a bucket that could not be created again must not be deleted. Throws
  /// notPermitted.
  func requireWholeBuckets(_ change: String) throws(FileSystemError) {
    guard options.buckets.isEmpty else {
      throw FileSystemError(.notPermitted, "with --bucket no bucket is \(change): only what is in those that it names")
    }
  }

}

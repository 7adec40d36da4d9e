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
    guard options.buckets.isEmpty || options.buckets.contains(where: { $0.bucket == name }) else {
      throw FileSystemError(.notPermitted, "only the buckets chosen by --bucket are served")
    }
    try await mappingErrors { () async throws(S3Error) in try await store.createBucket(name) }
    buckets.withLock { $0.invalidate() }
    publishChanges(in: "", below: ObjectKey(name))
    changeObserver?.entryChanged(name, in: .root)
  }

  /// Deletes a bucket. Throws notEmpty, notFound, readOnly. Cost: one DeleteBucket.
  public func deleteBucket(_ name: String) async throws(FileSystemError) {
    try requireWritable()
    let location = DirectoryLocation(bucket: name)
    await settlePending { $0.bucket == name }
    let hasNewFiles = directories.withLock { $0.local.hasNewFiles(below: location) }
    guard !hasNewFiles else { throw FileSystemError(.notEmpty, "the bucket \(name) is not empty") }
    try await mappingErrors { () async throws(S3Error) in try await store.deleteBucket(name) }
    buckets.withLock { $0.invalidate() }
    directories.withLock { cache in
      cache.forget(below: location)
      cache.local.forget(below: location)
    }
    publishChanges(in: "", below: ObjectKey(name))
    publishChanges(in: name)
    let child = inodes.withLock { $0.unlink(.directory(self.location(ofBucket: name))) }
    changeObserver?.entryRemoved(name, in: .root, child: child)
  }

  /// A bucket cannot be renamed: a new one is made, everything is moved there by the server, and the old one deleted.
  func renameBucket(_ name: String, to newName: String, flags: RenameFlags) async throws(FileSystemError) {
    guard options.buckets.isEmpty else {
      throw FileSystemError(.notPermitted, "buckets cannot be renamed while --bucket chooses them by name")
    }
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
    try await deleteBucket(name)
  }
}

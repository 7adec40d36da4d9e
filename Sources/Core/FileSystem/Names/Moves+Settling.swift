import S3
import Synchronization

extension Moves {
  /// A bucket cannot be renamed: a new one is made, everything is moved there by the server, and the old one deleted.
  func renameBucket(_ name: String, to newName: String, flags: RenameFlags) async throws(FileSystemError) {
    try names.requireWholeBuckets("renamed")
    let known = try await knowledge.knownBuckets().map(\.name)
    guard known.contains(name) else { throw .gone(name) }
    let (source, destination) = (DirectoryLocation(bucket: name), DirectoryLocation(bucket: newName))
    if known.contains(newName) {
      guard !flags.contains(.noReplace) else { throw FileSystemError(.alreadyExists, "\(newName) exists") }
      guard name != newName else { return }
      try await removals.requireEmpty(destination)
    } else {
      try await names.createBucket(newName)
    }
    try await moveTree(source, to: destination)
    knowledge.attributesHere.withLock { $0.set($0[.directory(source)], of: .directory(destination)) }
    try await names.deleteBucket(name)
  }

  /// Completes or undoes a rename. Deletes only what is reachable under the other name, unchanged since the rename.
  /// Returns how many objects were deleted. Cost: of a directory a LIST of both per 1,000, a DeleteObjects per 1,000;
  /// of an object a HEAD of both.
  func settle(_ intent: RenameIntent) async throws(FileSystemError) -> Int {
    let before = try await summaries(of: intent, below: intent.source)
    let after = try await summaries(of: intent, below: intent.destination)
    // What an object replaced is gone with the copy: where that was made, only completing is left.
    let completes = intent.isDeleting || intent.header.isObject == true && intent.items.first?.replaces == true
    var doomed: [ObjectKey] = []
    for item in intent.items {
      let name = ByteName(item.name)
      guard let original = before[name], RenameIntent.isOriginal(original, of: item), let copy = after[name],
        copy.size == item.size,
        copy.etag == original.etag || item.etag.contains("-") && (intent.isDeleting || !completes)
      else { continue }
      if completes {
        doomed.append(original.key)
      } else if item.replaces != true, intent.failed.map({ copy.lastModified.seconds <= $0 + 1 }) ?? true {
        doomed.append(copy.key)
      }
    }
    try await removals.deleteObjects(doomed, in: completes ? intent.header.bucket : intent.header.newBucket)
    return doomed.count
  }

  private func summaries(
    of intent: RenameIntent, below location: DirectoryLocation
  ) async throws(FileSystemError) -> [ByteName: ObjectSummary] {
    var found: [ByteName: ObjectSummary] = [:]
    guard intent.header.isObject != true else {
      let head = try await knowledge.currentHead(of: ObjectReference(bucket: location.bucket, key: location.prefix))
      return head.map {
        [
          "": ObjectSummary(key: location.prefix, size: $0.size, etag: $0.etag, lastModified: $0.lastModified)
        ]
      } ?? [:]
    }
    for object in try await knowledge.objects(below: location) {
      found[ByteName(object.key.dropping(prefix: location.prefix))] = object
    }
    return found
  }
}

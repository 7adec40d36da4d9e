import Keys
import S3

// Following changes by key.

extension ByKey {
  /// Follows a directory: names directly in it, or with `deep` every key below; of the root, the buckets, or with `deep`
  /// all that is in them. What is
  /// there when this returns is not told; every later change is, within about the ttl, own changes at once.
  /// A rewrite of the same bytes within the second in which this process wrote them is not seen.
  /// Cost: one LIST per 1,000 names now and then at each ttl while somebody follows, shared by all who follow it.
  public func watch(_ directory: ObjectPath, deep: Bool = false) async throws(FileSystemError) -> ChangeSubscription {
    let path = directory.asDirectory
    try door.check(path, .read)
    if !path.isRoot { try await knowledge.requireBucket(path.bucket, freshness: .withinTTL) }
    let prefix = path.isBucket ? knowledge.location(ofBucket: path.bucket).prefix : path.key
    return try await changes.changeDetector.subscribe(
      to: WatchScope(bucket: path.bucket, prefix: prefix, isDeep: deep))
  }

  /// Follows what matches a pattern, there or not. Cost: one LIST per 1,000 keys that begin as it does, at each ttl.
  public func watch(_ pattern: KeyPattern) async throws(FileSystemError) -> ChangeSubscription {
    let place = place(of: pattern)
    try door.check(place, .read)
    return try await changes.changeDetector.subscribe(
      to: WatchScope(bucket: place.bucket, prefix: place.key, isDeep: true))
  }

  /// Follows one name, there or not, and those that begin with it. Cost: one LIST at each ttl, however large the
  /// directory is.
  public func watch(name path: ObjectPath) async throws(FileSystemError) -> ChangeSubscription {
    try door.check(path, .read)
    if path.isRoot || path.isBucket { return try await watch(.root) }
    var key = path.key.string
    if path.isDirectory { key.removeLast() }
    return try await changes.changeDetector.subscribe(to: WatchScope(bucket: path.bucket, prefix: ObjectKey(key)))
  }
}

import Keys
import S3

// Following changes by key.

extension ByKey {
  /// Subscribes to the changes of a directory: names directly in it, or with `deep` every key below it; for the root,
  /// the buckets, or with `deep` everything in them. Existing names are not reported when this returns. Every later
  /// change is, within about the ttl; own changes at once. A rewrite of the same bytes within the second in which this
  /// process wrote them is not detected. Cost: one LIST per 1,000 names about once per ttl while there is a subscriber,
  /// shared by all subscribers of the directory.
  public func watch(_ directory: ObjectPath, deep: Bool = false) async throws(FileSystemError) -> ChangeSubscription {
    let path = directory.asDirectory
    try door.check(path, .read)
    if !path.isRoot { try await knowledge.requireBucket(path.bucket, freshness: .withinTTL) }
    let prefix = path.isBucket ? knowledge.location(ofBucket: path.bucket).prefix : path.key
    return try await changes.changeDetector.subscribe(
      to: WatchScope(bucket: path.bucket, prefix: prefix, isDeep: deep))
  }

  /// Subscribes to the changes of keys that match a pattern, existing or not. Cost: one LIST per 1,000 keys that begin
  /// as the pattern does, at each ttl.
  public func watch(_ pattern: KeyPattern) async throws(FileSystemError) -> ChangeSubscription {
    let place = place(of: pattern)
    try door.check(place, .read)
    return try await changes.changeDetector.subscribe(
      to: WatchScope(bucket: place.bucket, prefix: place.key, isDeep: true))
  }

  /// Subscribes to the changes of one name, existing or not, and of names that begin with it. Cost: one LIST at each
  /// ttl, however large the directory is.
  public func watch(name path: ObjectPath) async throws(FileSystemError) -> ChangeSubscription {
    try door.check(path, .read)
    if path.isRoot || path.isBucket { return try await watch(.root) }
    var key = path.key.string
    if path.isDirectory { key.removeLast() }
    return try await changes.changeDetector.subscribe(to: WatchScope(bucket: path.bucket, prefix: ObjectKey(key)))
  }
}

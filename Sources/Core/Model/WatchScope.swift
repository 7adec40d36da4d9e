import S3

/// The range of one watch: the names that begin with a prefix.
struct WatchScope: Hashable, Sendable {
  /// "" watches the buckets themselves, and with `isDeep` every key in all of them, named `BUCKET/KEY`.
  var bucket: String
  /// A directory's prefix, or (to wait for one name) a whole key.
  var prefix: ObjectKey
  /// Every key below, not only the names directly there.
  var isDeep = false

  /// Whether it covers everything below the root.
  var isOfAll: Bool { bucket.isEmpty && isDeep }

  /// Returns whether changes below a prefix of a bucket ("" is the list of buckets) may be seen here.
  func touches(_ bucket: String, _ prefix: ObjectKey) -> Bool {
    isOfAll || self.bucket == bucket && (self.prefix.hasPrefix(prefix) || prefix.hasPrefix(self.prefix))
  }

  /// The directory that this scope lists; nil for the buckets, for a single name and for deep watches.
  var directory: DirectoryLocation? {
    guard !bucket.isEmpty, !isDeep, prefix.isEmpty || prefix.string.utf8.last == UInt8(ascii: "/") else { return nil }
    return DirectoryLocation(bucket: bucket, prefix: prefix)
  }

  /// Returns the name in this scope under which a key is seen: itself, or the directory that it implies. nil if it is
  /// not seen here.
  func name(of reference: ObjectReference) -> ObjectKey? {
    if isOfAll { return ObjectKey(reference.bucket + "/" + reference.key.string) }
    guard reference.bucket == bucket, reference.key.hasPrefix(prefix), reference.key != prefix || directory == nil
    else { return nil }
    if isDeep { return reference.key }
    let rest = reference.key.string.utf8.dropFirst(prefix.length)
    guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return reference.key }
    return ObjectKey(String(Substring(reference.key.string.utf8[...slash])))
  }

  func path(of name: ObjectKey) -> ObjectPath {
    guard bucket.isEmpty else { return ObjectPath(bucket: bucket, key: name) }
    let parts = name.string.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
    let key = parts.count > 1 ? String(Substring(parts[1])) : ""
    return ObjectPath(bucket: String(Substring(parts[0])), key: ObjectKey(key))
  }
}

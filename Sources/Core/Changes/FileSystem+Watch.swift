import S3
import Synchronization

// Following what changes, whoever changes it.

extension FileSystem {
  /// Follows a directory: names directly in it, or with `deep` every key below. The root follows the buckets. What is
  /// there when this returns is not told; every later change is, within about the ttl, own changes at once.
  /// A rewrite of the same bytes within the second in which this process wrote them is not seen.
  /// Cost: one LIST per 1,000 names now and then at each ttl while somebody follows, shared by all who follow it.
  public func watch(_ directory: ObjectPath, deep: Bool = false) async throws(FileSystemError) -> ChangeSubscription {
    let path = directory.asDirectory
    try requireShown(path)
    if !path.isRoot { try await requireBucket(path.bucket, freshness: .withinTTL) }
    let prefix = path.isBucket ? location(ofBucket: path.bucket).prefix : path.key
    return try await changes.subscribe(
      to: WatchScope(bucket: path.bucket, prefix: prefix, isDeep: deep && !path.isRoot))
  }

  /// Follows one name, there or not, and those that begin with it. Cost: one LIST at each ttl, however large the
  /// directory is.
  public func watch(name path: ObjectPath) async throws(FileSystemError) -> ChangeSubscription {
    try requireShown(path)
    if path.isRoot || path.isBucket { return try await watch(.root) }
    var key = path.key.string
    if path.isDirectory { key.removeLast() }
    return try await changes.subscribe(to: WatchScope(bucket: path.bucket, prefix: ObjectKey(key)))
  }

  /// What a watched place shows now.
  func list(_ scope: WatchScope) async throws(FileSystemError) -> ChangeDetector.Listing {
    if scope.bucket.isEmpty {
      let buckets = try await knownBuckets(freshness: .now)
      return Dictionary(buckets.map { (ObjectKey($0.name), nil) }) { first, _ in first }
    }
    do throws(FileSystemError) {
      if let directory = scope.directory { return try await listDirectory(directory) }
      return try await listKeys(scope)
    } catch {
      // A bucket that does not exist (yet) shows nothing.
      guard error.code == .notFound else { throw error }
      return [:]
    }
  }

  /// Through the cache, so that everybody has the listing.
  private func listDirectory(_ location: DirectoryLocation) async throws(FileSystemError) -> ChangeDetector.Listing {
    let listing = try await listing(of: location, freshness: .now)
    var names: ChangeDetector.Listing = [:]
    for (segment, child) in listing.children {
      if let facts = child.object { names[location.object(segment).key] = facts }
      if child.isDirectory { names[location.directory(segment).prefix] = .some(nil) }
    }
    return names
  }

  private func listKeys(_ scope: WatchScope) async throws(FileSystemError) -> ChangeDetector.Listing {
    var names: ChangeDetector.Listing = [:]
    var request = ListRequest(bucket: scope.bucket, prefix: scope.prefix, delimiter: scope.isDeep ? nil : "/")
    repeat {
      let page = try await mappingErrors { () async throws(S3Error) in try await store.listObjects(request) }
      for object in page.objects where object.key != scope.prefix || !scope.isDeep {
        names[object.key] = ObjectFacts(object)
      }
      for prefix in page.commonPrefixes { names[prefix] = .some(nil) }
      request.continuationToken = page.nextToken
    } while request.continuationToken != nil
    return names
  }

  /// Tells the kernel what others changed. No file is unlinked here: one that is open stays what it is. A directory is:
  /// the kernel takes its inode for dead, and must be given another one when the name comes back.
  func announceOutside(_ change: ObjectChange) {
    guard let observer = changeObserver else { return }
    let path = change.path
    if path.isBucket {
      if change.kind == .deleted {
        observer.entryRemoved(path.bucket, in: .root, child: nil)
      } else {
        observer.entryChanged(path.bucket, in: .root)
      }
      return
    }
    guard change.kind == .deleted else {
      return path.isDirectory ? announce(directory: path.location) : announce(path)
    }
    let place: Place = path.isDirectory ? .directory(path.location) : .object(path.reference)
    guard let (above, segment) = path.isDirectory ? path.location.parent : path.reference.parent else { return }
    let (parent, child) = inodes.withLock { table in
      let child = path.isDirectory ? table.unlink(place) : table[place]?.number
      return (table[.directory(above)]?.number, child)
    }
    guard let parent else { return }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) {
      observer.entryRemoved(name, in: parent, child: child)
    }
  }
}

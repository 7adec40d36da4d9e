import Keys
import S3
import Synchronization

// Following changes, by any client.

extension Changes {
  /// The detector of other clients' changes; it works while there are subscribers.
  var changeDetector: ChangeDetector {
    detector.withLock { detector in
      if let detector { return detector }
      let made = ChangeDetector(
        pause: pace,
        list: { [weak self] (scope) async throws(FileSystemError) in try await self?.list(scope) ?? [:] },
        seen: { [weak self] change in self?.announceOutside(change) })
      detector = made
      return made
    }
  }

  /// Returns the current contents of a watched place.
  func list(_ scope: WatchScope) async throws(FileSystemError) -> ChangeDetector.Listing {
    if scope.bucket.isEmpty {
      let buckets = try await knowledge.knownBuckets(freshness: .now)
      if scope.isDeep { return try await listAll(in: buckets.map(\.name)) }
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

  /// Returns every key of every bucket, as a watch of all buckets names them; a bucket that is deleted meanwhile has
  /// none.
  private func listAll(in buckets: [String]) async throws(FileSystemError) -> ChangeDetector.Listing {
    var names: ChangeDetector.Listing = [:]
    for bucket in buckets {
      names[ObjectKey(bucket)] = .some(nil)
      let prefix = knowledge.location(ofBucket: bucket).prefix
      for (key, facts) in try await list(WatchScope(bucket: bucket, prefix: prefix, isDeep: true)) {
        names[ObjectKey(bucket + "/" + key.string)] = facts
      }
    }
    return names
  }

  /// Lists a directory through the cache, so that every other caller has the listing too.
  private func listDirectory(_ location: DirectoryLocation) async throws(FileSystemError) -> ChangeDetector.Listing {
    let listing = try await knowledge.listing(of: location, freshness: .now)
    var names: ChangeDetector.Listing = [:]
    for (segment, child) in listing.children {
      if let facts = child.object { names[location.object(segment).key] = facts }
      if child.isDirectory { names[location.directory(segment).prefix] = .some(nil) }
    }
    return names
  }

  private func listKeys(_ scope: WatchScope) async throws(FileSystemError) -> ChangeDetector.Listing {
    var names: ChangeDetector.Listing = [:]
    let request = ListRequest(bucket: scope.bucket, prefix: scope.prefix, delimiter: scope.isDeep ? nil : "/")
    try await knowledge.forEachPage(of: request) { page in
      for object in page.objects where object.key != scope.prefix || !scope.isDeep {
        names[object.key] = ObjectFacts(object)
      }
      for prefix in page.commonPrefixes { names[prefix] = .some(nil) }
    }
    return names
  }

  /// Notifies the kernel of an object that the gateway wrote or deleted.
  func announce(_ path: ObjectPath) {
    guard let observer = changeObserver else { return }
    let (location, segment) = path.reference.parent
    let known = knowledge.directories.withLock { $0.object(at: path.reference, within: horizon) }
    let (parent, inode) = inodes.table.withLock { table in
      if let known { table.separate(path.reference, from: known.facts?.etag) }
      return (table[.directory(location)]?.number, table[.object(path.reference)]?.number)
    }
    if let inode { observer.inodeChanged(inode, contents: true) }
    guard let parent else { return announce(directory: location) }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) { observer.entryChanged(name, in: parent) }
  }

  /// Notifies the kernel that the nearest directory that it knows has a new name in it.
  func announce(directory location: DirectoryLocation) {
    guard let (above, segment) = location.parent else { return }
    guard let parent = inodes.table.withLock({ $0[.directory(above)]?.number }) else {
      return announce(directory: above)
    }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) {
      changeObserver?.entryChanged(name, in: parent)
    }
  }

  /// Notifies the kernel of a change by other clients. A file is never unlinked here: an open one keeps its contents. A
  /// directory is unlinked: the kernel considers its inode dead, and must be given another one when the name comes
  /// back.
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
    let (parent, child) = inodes.table.withLock { table in
      let child = path.isDirectory ? table.unlink(place) : table[place]?.number
      return (table[.directory(above)]?.number, child)
    }
    guard let parent else { return }
    for name in KeyMapping.names(forSegment: segment.string).prefix(1) {
      observer.entryRemoved(name, in: parent, child: child)
    }
  }
}

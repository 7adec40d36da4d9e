import S3
import Synchronization

/// Lookups and reads by key.
public final class ByKey: ChangingPart {
  let door: KeyDoor
  let files: Files
  var saving: Saving { door.saving }

  init(_ door: KeyDoor, _ files: Files) {
    (self.door, self.files) = (door, files)
  }
}

extension ByKey {
  /// Returns what a path names. A directory path (ending in "/") only ever resolves to the root, a bucket or a
  /// directory. For any other path the object wins, and `.directory` means that only a directory of that name exists.
  /// Throws notFound. Cost: 0 within the ttl when listed, else at most one HEAD and one LIST in parallel.
  public func locate(_ path: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> Located {
    try await door.enter(path, .read)
    if path.isRoot { return .root }
    if path.isBucket {
      try await knowledge.requireBucket(path.bucket, freshness: freshness)
      return .bucket
    }
    if path.isDirectory {
      guard try await directoryExists(path.location, freshness: freshness) else { throw .notFound(path) }
      return .directory
    }
    let reference = path.reference
    if freshness == .withinTTL, let known = try await knownObject(reference) {
      return known.object.map { .object(info(path, facts: $0)) } ?? .directory
    }
    if freshness == .withinTTL, let head = knowledge.rememberedHead(of: reference) {
      return .object(ObjectInfo(path: path, head: head))
    }
    do throws(FileSystemError) {
      return .object(ObjectInfo(path: path, head: try await knowledge.head(of: reference, freshness: .now)))
    } catch {
      guard error.code == .notFound else { throw error }
      try await knowledge.requireBucket(path.bucket, freshness: .withinTTL)
      guard try await directoryExists(path.asDirectory.location, freshness: freshness) else { throw .notFound(path) }
      return .directory
    }
  }

  /// Returns the object at a path as it is now, for a directory its marker; nil if there is none, even if a directory has
  /// its name. Cost: one HEAD.
  public func objectNow(at path: ObjectPath) async throws(FileSystemError) -> ObjectInfo? {
    try await door.enter(path, .read)
    do throws(FileSystemError) {
      return ObjectInfo(path: path, head: try await knowledge.head(of: path.reference, freshness: .now))
    } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// Returns whether an object, and whether a directory, has the name of an object, for a caller that is about to write
  /// there. Throws notFound where the bucket does not exist. Cost: 0 in a directory that is known within the ttl, else
  /// a LIST that covers the siblings too; in a directory too large for that, one HEAD and one LIST of one key.
  public func standing(at path: ObjectPath) async throws(FileSystemError) -> (object: Bool, directory: Bool) {
    try await door.enter(path, .read)
    let (location, segment) = path.reference.parent
    let child = try await knowledge.child(segment, of: location).child
    // A directory that is kept here says nothing about an object of the same name.
    guard child.object == nil, child.isDirectory, knowledge.isKnown(objectAt: path.reference) == nil else {
      return (child.object != nil, child.isDirectory)
    }
    return (try await objectNow(at: path) != nil, true)
  }

  /// Returns what the caches know of a name within the ttl, if it exists.
  private func knownObject(_ reference: ObjectReference) async throws(FileSystemError) -> Child? {
    let (location, segment) = reference.parent
    let known = knowledge.directories.withLock { $0.child(segment, of: location, within: horizon, now: time.now()) }
    guard let child = known?.child, child.exists else { return nil }
    return child
  }

  private func info(_ path: ObjectPath, facts: ObjectFacts) -> ObjectInfo {
    if let head = knowledge.metadata.withLock({ $0.head(of: path.reference, matching: facts) }) {
      return ObjectInfo(path: path, head: head)
    }
    return ObjectInfo(path: path, size: facts.size, etag: facts.etag, lastModified: facts.lastModified)
  }

  /// Returns whether anything implies the directory, in S3 or here. Cost: at most one LIST of one key.
  func directoryExists(_ location: DirectoryLocation, freshness: Freshness) async throws(FileSystemError) -> Bool {
    guard let (above, segment) = location.parent else { return true }
    if freshness == .withinTTL {
      let known = knowledge.directories.withLock { cache in
        cache.listing(of: location, within: horizon).map { !$0.children.isEmpty || $0.marker != nil }
      }
      if known == true { return true }
      if let child = knowledge.directories.withLock({ $0.child(segment, of: above, within: horizon, now: time.now()) })
      {
        return child.child.isDirectory
      }
    } else if knowledge.directories.withLock({ $0.local.name(segment, of: above) }) == .directory {
      return true
    }
    let page = try await mappingErrors { () async throws(S3Error) in
      try await store.listObjects(location.firstKey)
    }
    return !page.isEmpty
  }

  /// Returns the directory that holds the names of a directory: for a bucket of which a part is shown the directory of
  /// its prefix, else the directory itself. Cost: none.
  public func shownDirectory(of directory: ObjectPath) -> ObjectPath {
    guard directory.isBucket else { return directory }
    let location = door.directory(at: directory)
    return ObjectPath(bucket: location.bucket, key: location.prefix)
  }

  /// Returns everything in a directory, ordered by name. Throws notFound where nothing has that name. Cost: one LIST
  /// per 1,000 children, 0 within the ttl.
  public func list(_ path: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> [ListedEntry] {
    let directory = path.asDirectory
    if directory.isRoot {
      return try await knowledge.knownBuckets(freshness: freshness).map { bucket in
        ListedEntry(
          kind: .bucket, name: bucket.name, path: ObjectPath(bucket: bucket.name), modified: bucket.created)
      }.sorted(byBytesOf: { ByteName($0.name) })
    }
    try await door.enter(directory, .read)
    let location = self.door.directory(at: directory)
    let listing = try await knowledge.listing(of: location, freshness: freshness)
    if listing.children.isEmpty && listing.marker == nil && !location.isBucket {
      guard try await directoryExists(location, freshness: .withinTTL) else { throw .notFound(path) }
    }
    // Counted as long as both are in memory.
    let share = BudgetShare(of: knowledge.nameMemory)
    try knowledge.take(listing.children.count * Self.bytesPerEntry, for: share, of: location)
    return entries(of: listing, in: location)
  }

  /// The size of an entry with a key of its own.
  private static let bytesPerEntry = MemoryLayout<ListedEntry>.stride + 128

  private func entries(of listing: DirectoryListing, in location: DirectoryLocation) -> [ListedEntry] {
    var entries: [ListedEntry] = []
    entries.reserveCapacity(listing.children.count)
    for (segment, child) in Array(listing.children).sorted(byBytesOf: { $0.key }) {
      if child.isDirectory {
        let prefix = location.directory(segment).prefix
        entries.append(
          ListedEntry(kind: .directory, name: segment.string, path: ObjectPath(bucket: location.bucket, key: prefix)))
      }
      if let facts = child.object {
        entries.append(ListedEntry(facts, name: segment.string, reference: location.object(segment)))
      }
    }
    return entries
  }

  /// Visits every object below a directory, in key order, page by page. Cost: one LIST per 1,000 objects.
  public func walk(
    _ directory: ObjectPath, _ visit: @Sendable (ListedEntry) async throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    let path = directory.asDirectory
    try await door.enter(path, .read)
    let location = self.door.directory(at: path)
    let request = ListRequest(bucket: location.bucket, prefix: location.prefix, delimiter: nil)
    try await knowledge.forEachPage(of: request) { (page) async throws(FileSystemError) in
      for object in page.objects {
        let reference = ObjectReference(bucket: location.bucket, key: object.key)
        try await visit(
          ListedEntry(ObjectFacts(object), name: object.key.dropping(prefix: location.prefix), reference: reference))
      }
    }
  }
}

extension ListedEntry {
  init(_ facts: ObjectFacts, name: String, reference: ObjectReference) {
    self.init(
      kind: .object, name: name, path: ObjectPath(reference), size: facts.size,
      modified: facts.lastModified, etag: facts.etag, storageClass: facts.storageClass)
  }
}

extension ObjectInfo {
  init(path: ObjectPath, head: ObjectHead) {
    self.init(
      path: path, size: head.size, etag: head.etag, lastModified: head.lastModified, properties: head.properties,
      versionID: head.versionID)
  }
}

import Keys
import S3
import Synchronization

/// Directories as opendir, readdir and readdirplus use them.
public final class DirectoryStreams: LookingPart {
  let lookups: Lookups

  init(_ lookups: Lookups) { self.lookups = lookups }
}

extension DirectoryStreams {
  /// Takes a snapshot of a directory. Throws notFound, notDirectory. Cost: one LIST per 1,000 children, 0 within the ttl.
  public func openDirectory(_ inode: InodeNumber) async throws(FileSystemError) -> DirectoryHandle {
    let directory = try await lookups.ofInode { () async throws(FileSystemError) in
      try await self.lookups.whereItIs(inode) { () async throws(FileSystemError) in
        try await self.snapshot(of: inode)
      }
    }
    return add(directory)
  }

  /// Same, where memory knows the directory, and it is small or was read since; else returns nil: call `openDirectory`.
  /// Never waits.
  public func openDirectoryNow(_ inode: InodeNumber) throws(FileSystemError) -> DirectoryHandle? {
    guard !options.readsAllMetadata, case .directory(let location)? = inodes.table.withLock({ $0[inode]?.place }),
      !lookups.isLeaving(.directory(location)), let snapshot = try knowledge.snapshotNow(of: location)
    else { return nil }
    return add(OpenDirectory(inode: inode, snapshot: snapshot))
  }

  private func add(_ directory: OpenDirectory) -> DirectoryHandle {
    let snapshot = directory.snapshot
    if let location = snapshot.location {
      knowledge.metadata.withLock {
        $0.limits.noteListing(of: location, names: snapshot.entries.count, now: time.now())
      }
    }
    return inodes.handles.withLock { $0.add(directory) }
  }

  /// Returns whether a reader that starts at the beginning must not see the handle's snapshot: it was read before
  /// (rewinddir(3)), or is older than it may be by now. Then call `rewindDirectory`.
  public func isOutdated(_ handle: DirectoryHandle) -> Bool {
    guard let directory = inodes.handles.withLock({ $0[handle] }) else { return false }
    if directory.wasRead.exchange(true, ordering: .relaxed) { return true }
    let snapshot = directory.snapshot
    guard horizon.reaches(snapshot.learnedAt) else { return true }
    return snapshot.location != nil && knowledge.directories.withLock { $0.revision } != snapshot.origin.revision
  }

  /// Takes a new snapshot for rewinddir(3): the reader sees the directory as it is now. Cost: as `openDirectory`.
  public func rewindDirectory(_ handle: DirectoryHandle) async throws(FileSystemError) {
    let inode = try openDirectory(handle).inode
    let directory = try await lookups.whereItIs(inode) { () async throws(FileSystemError) in
      try await self.snapshot(of: inode)
    }
    directory.wasRead.store(true, ordering: .relaxed)
    inodes.handles.withLock { $0.replace(handle, by: directory) }
  }

  private func snapshot(of inode: InodeNumber) async throws(FileSystemError) -> OpenDirectory {
    let node = inodes.table.withLock { $0[inode] }
    if let node, node.place == nil, node.lastAttributes?.kind == .directory {
      // A working directory that was removed is empty, as on a local disk.
      let empty = DirectorySnapshot(of: nil, entries: [], learnedAt: Learned(at: time.now()))
      return OpenDirectory(inode: inode, snapshot: empty)
    }
    switch try lookups.place(of: inode) {
    case .root:
      let entries = try await knowledge.knownBuckets().map { bucket in
        ListedName(name: bucket.name, kind: .bucket, segment: ByteName(bucket.name))
      }
      let now = time.now()
      let learnedAt = knowledge.buckets.withLock { $0.fresh(within: horizon)?.at } ?? Learned(at: now)
      return OpenDirectory(inode: inode, snapshot: DirectorySnapshot(of: nil, entries: entries, learnedAt: learnedAt))
    case .directory(let location):
      let snapshot = try await knowledge.snapshot(of: location)
      if options.readsAllMetadata { await knowledge.learnHeaders(of: snapshot.entries, in: location) }
      return OpenDirectory(inode: inode, snapshot: snapshot)
    case .object: throw FileSystemError(.notDirectory, "inode \(inode) is not a directory")
    }
  }

  /// Releases a snapshot. Ignores a handle that is not open.
  public func releaseDirectory(_ handle: DirectoryHandle) { inodes.handles.withLock { $0.remove(handle) } }

  /// Returns at most `limit` entries of the snapshot from position `offset` on (0 is the first); empty at the end.
  public func entries(
    of handle: DirectoryHandle, from offset: Int, limit: Int
  ) throws(FileSystemError) -> [DirectoryEntry] {
    let snapshot = try openDirectory(handle).snapshot
    let validFor = validity(since: snapshot.learnedAt)
    let isSmall = options.readsAllMetadata || snapshot.entries.count <= HeadLimits.perDirectory
    let given = validFor > .zero ? snapshot.givenCount : 0
    let positions = min(offset, snapshot.entries.count)..<snapshot.entries.count
    return positions.prefix(limit).map { position in
      let listed = snapshot.entries[position]
      // In a small directory an entry whose own attributes can still be learnt is not cached: a program that needs them
      // looks it up, for one HEAD. A large one would cost a HEAD for each name.
      return DirectoryEntry(
        name: listed.name, attributes: attributes(of: listed, at: place(of: listed, in: snapshot.location)),
        validFor: isSmall && wantsHeaders(of: listed, in: snapshot.location) ? .zero : validFor,
        isKnown: position < given, snapshot: snapshot, position: position)
    }
  }

  private func place(of listed: ListedName, in location: DirectoryLocation?) -> Place {
    guard let location else { return .directory(self.knowledge.location(ofBucket: listed.name)) }
    switch listed.kind {
    case .bucket: return .directory(self.knowledge.location(ofBucket: listed.name))
    case .directory: return .directory(location.directory(listed.segment))
    case .object: return .object(location.object(listed.segment))
    case .marker: return .object(location.marker)
    case .continuation: return .directory(location.continued(listed.segment.string))
    }
  }

  /// Counts one lookup of an entry that readdirplus passed to the kernel (after it is known to fit). Returns the entry
  /// as the inode table now has it. Throws noMemory when the kernel holds enough inodes, and stale when the name has
  /// been changed here since the snapshot: then the kernel is given the name alone.
  public func countLookup(of entry: DirectoryEntry) throws(FileSystemError) -> Entry {
    guard isCurrent(entry) else { throw FileSystemError(.stale, "\(entry.name) was changed since") }
    let place = place(of: entry.snapshot.entries[entry.position], in: entry.snapshot.location)
    var attributes = entry.attributes
    let inode: InodeNumber? = inodes.table.withLock { inodes in
      inodes.isFull && inodes[place] == nil ? nil : inodes.look(up: place, as: attributes.kind)
    }
    guard let inode else { throw FileSystemError(.noMemory, "the kernel holds more inodes than there is memory for") }
    attributes.inode = inode
    entry.snapshot.give(entry.position)
    return lookups.recordReply(Entry(attributes: attributes, validFor: entry.validFor))
  }

  /// Returns whether the snapshot's facts of a name are still current.
  private func isCurrent(_ entry: DirectoryEntry) -> Bool {
    let listed = entry.snapshot.entries[entry.position]
    guard let location = entry.snapshot.location, listed.kind == .object || listed.kind == .directory else {
      return true
    }
    return knowledge.directories.withLock { cache in
      guard cache.revision != entry.snapshot.origin.revision else { return true }
      guard let child = cache.child(listed.segment, of: location, within: horizon, now: time.now())?.child else {
        return false
      }
      return listed.kind == .directory ? child.isDirectory : child.object == listed.facts && child.object != nil
    }
  }

  private func openDirectory(_ handle: DirectoryHandle) throws(FileSystemError) -> OpenDirectory {
    guard let directory = inodes.handles.withLock({ $0[handle] }) else {
      throw FileSystemError(.badHandle, "directory handle \(handle.rawValue) is not open")
    }
    return directory
  }

  private func wantsHeaders(of listed: ListedName, in location: DirectoryLocation?) -> Bool {
    guard let location, let (child, segment, parent) = listed.child(in: location) else { return false }
    return knowledge.wantsHeaders(of: child, segment, in: parent)
  }

  private func attributes(of listed: ListedName, at place: Place) -> Attributes {
    switch place {
    case .root: return inodes.rootAttributes()
    case .directory(let location): return inodes.attributes(of: location)
    case .object(let reference):
      let (inode, content) = inodes.table.withLock { ($0.number(for: place), $0[place]?.content) }
      if let content, let unsaved = lookups.unsavedAttributes(of: content, inode: inode) { return unsaved }
      guard let facts = listed.facts else {
        // It was new when the snapshot was taken and is saved by now.
        let saved = lookups.cachedAttributes(of: inode, handle: nil)?.attributes
        let unknown = ObjectFacts(size: 0, version: Version(etag: ETag(""), modified: time.wall(), isStated: false))
        return saved ?? inodes.attributes(of: reference, facts: unknown, inode: inode)
      }
      return inodes.attributes(of: reference, facts: facts, inode: inode)
    }
  }

}

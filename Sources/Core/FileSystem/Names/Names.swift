import Keys
import Logging
import S3
import Synchronization

/// Creation and removal of names by inode: directories, nodes, links, buckets.
public final class Names: ChangingPart {
  let saving: Saving
  let lookups: Lookups

  init(_ saving: Saving, _ lookups: Lookups) {
    (self.saving, self.lookups) = (saving, lookups)
  }
}

extension Names {
  /// A name that is about to be created, and what it names.
  struct NewName {
    var location: DirectoryLocation
    var segment: ByteName
    /// Whether it is `a‛object` or `‛object`: the name of an object beside a directory, or of a marker's bytes. No
    /// directory can have it.
    var isOfObject: Bool
    /// The object and the directory that exist with that segment.
    var child: Child

    var object: ObjectReference { location.object(segment) }
    /// Whether the name is that of a directory.
    var isDirectory: Bool { child.isDirectory && !isOfObject }
    /// Whether something has the name.
    var exists: Bool { isDirectory || child.object != nil }
    /// Whether the object is, or would be, beside a directory.
    var isBesideDirectory: Bool { child.isDirectory && isOfObject }
  }

  /// Resolves a new name in a directory. Throws what `place(ofNew:)` throws.
  func newName(_ name: String, in parent: InodeNumber) async throws(FileSystemError) -> NewName {
    let (location, segment) = try place(ofNew: name, in: parent).parent
    var isOfObject = false
    if case .shadowedObject? = try? KeyMapping.parse(name) { isOfObject = true }
    let child = try await knowledge.child(segment, of: location).child
    return NewName(location: location, segment: segment, isOfObject: isOfObject, child: child)
  }

  /// Returns the object of a new name in a directory. Throws alreadyExists, isDirectory, and what `place(ofNew:)`
  /// throws.
  func newObject(_ name: String, in parent: InodeNumber, mayExist: Bool) async throws(FileSystemError) -> NewName {
    let new = try await newName(name, in: parent)
    if new.isDirectory { throw FileSystemError(mayExist ? .isDirectory : .alreadyExists, "\(name) is a directory") }
    if !mayExist && (new.exists || isNew(new.object)) { throw FileSystemError(.alreadyExists, "\(name) exists") }
    return new
  }

  /// Returns whether a file of that name is here that S3 does not have yet.
  func isNew(_ reference: ObjectReference) -> Bool { inodes.table.withLock { $0[.object(reference)]?.content != nil } }

  /// Returns the object of a new name. Throws notPermitted at the root, invalidName, nameTooLong.
  func place(ofNew name: String, in parent: InodeNumber) throws(FileSystemError) -> ObjectReference {
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    if case .root = try lookups.place(of: parent) {
      throw FileSystemError(.notPermitted, "only buckets can be made at the root: put \(name) into one")
    }
    let location = try lookups.directory(parent)
    let reference = try object(named: name, in: location)
    guard reference.key.length <= ObjectKey.maximumLength else {
      throw FileSystemError(.nameTooLong, "the key would have \(reference.key.length) bytes, S3 allows 1,024")
    }
    return reference
  }

  private func object(named name: String, in location: DirectoryLocation) throws(FileSystemError) -> ObjectReference {
    do throws(KeyMappingError) {
      switch try location.parse(name) {
      case .segment(let segment): return location.object(ByteName(segment))
      case .shadowedObject(let segment) where segment.isEmpty: return location.marker
      case .shadowedObject(let segment): return location.object(ByteName(segment))
      case .continuation: throw KeyMappingError(.misplaced, name: name)
      }
    } catch { throw FileSystemError(error) }
  }

  /// Returns what an existing name names. Throws notFound.
  func existingPlace(
    _ name: String, in parent: InodeNumber
  ) async throws(FileSystemError) -> (place: Place, location: DirectoryLocation) {
    let location = try lookups.directory(parent)
    let answer = try await lookups.lookup(name, in: parent, learningHeaders: false)
    guard case .found(let entry) = answer else { throw .gone(name) }
    let place = try lookups.place(of: entry.inode)
    lookups.forget(entry.inode, lookups: 1)
    return (place, location)
  }

  private func entry(_ name: String, in parent: InodeNumber) async throws(FileSystemError) -> Entry {
    guard case .found(let entry) = try await lookups.lookup(name, in: parent) else { throw .gone(name) }
    return entry
  }

  // MARK: Directories

  /// Serves mkdir(2); in the root it creates a bucket. The entry counts as one lookup, here and in all functions that
  /// create a name. Cost: one PUT of the marker.
  public func makeDirectory(
    _ name: String, in parent: InodeNumber, permissions: UInt32, caller: Caller
  ) async throws(FileSystemError) -> Entry {
    try requireWritable()
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    if case .root = try lookups.place(of: parent) {
      try await held.alone(withBuckets: [name]) { () async throws(FileSystemError) in try await createBucket(name) }
      return try await entry(name, in: parent)
    }
    return try await held.alone { () async throws(FileSystemError) in
      let location = try lookups.directory(parent)
      let reference = try object(named: name, in: location)
      if case .shadowedObject? = try? KeyMapping.parse(name) { throw .onlyOfObject(name) }
      let made = location.directory(reference.parent.segment)
      guard made.prefix.length <= ObjectKey.maximumLength else {
        throw FileSystemError(.nameTooLong, "the key would have \(made.prefix.length) bytes, S3 allows 1,024")
      }
      return ([ObjectPath(made)], (reference, made))
    } _: { (reference, made) async throws(FileSystemError) in
      let (child, knownAt) = try await knowledge.child(reference.parent.segment, of: reference.parent.location)
      guard !child.exists, !isNew(reference) else { throw FileSystemError(.alreadyExists, "\(name) exists") }
      try await make(made, permissions: permissions, caller: caller)
      // Where there was no directory there was nothing in it: equivalent to a listing of that time.
      knowledge.directories.withLock { $0.installEmpty(made, knownAt: knownAt) }
      let inode = inodes.table.withLock { $0.look(up: .directory(made)) }
      var attributes = inodes.attributes(of: made)
      attributes.inode = inode
      return Entry(attributes: attributes, validFor: validity)
    }
  }

  private func make(
    _ made: DirectoryLocation, permissions: UInt32, caller: Caller
  ) async throws(FileSystemError) {
    let now = time.wall()
    var posix = PosixMetadata()
    posix.mode = FileKind.directory.modeBits | permissions
    (posix.owner, posix.group) = (caller.user, caller.group)
    if let above = made.parent?.location, case (let group, true) = inodes.groupForNew(in: above, by: caller) {
      posix.group = group
      posix.mode? |= 0o2000
    }
    (posix.modified, posix.accessed, posix.changed) = (now, now, now)
    guard !options.plain else {
      knowledge.attributesHere.withLock { $0.set(posix, of: .directory(made)) }
      return makeLocally(made)
    }
    let headers = ObjectProperties(contentType: MediaType.directory, userMetadata: posix.merged(into: [:]))
    let result = try await taking(made.marker) { () async throws(FileSystemError) in
      try await mappingErrors { () async throws(S3Error) in
        try await store.putObject(made.marker, body: .bytes([]), properties: headers, condition: .ifAbsent)
      }
    }
    changes.apply(.wroteMarker(made, size: 0, result, headers: headers))
  }

  /// Creates a directory that S3 does not have. It lasts as long as the mount, or as something is below it.
  func makeLocally(_ location: DirectoryLocation) {
    guard let (above, segment) = location.parent else { return }
    knowledge.directories.withLock { cache in
      cache.setLocal(.directory, segment, of: above)
      cache.keep(above)
    }
  }

  /// Requires that metadata is written: without metadata of ours an object is a file.
  private func requireMetadata(for what: String) throws(FileSystemError) {
    guard !options.plain else {
      throw FileSystemError(.notPermitted, "\(what) needs metadata, and with --plain none is written")
    }
  }

  /// Serves rmdir(2); in the root it deletes a bucket. Throws notEmpty, notDirectory. Cost: one LIST, and one DELETE if
  /// the directory has a marker.
  public func removeDirectory(_ name: String, in parent: InodeNumber) async throws(FileSystemError) {
    try requireWritable()
    if case .root = try lookups.place(of: parent) {
      return try await held.alone(withBuckets: [name]) { () async throws(FileSystemError) in
        try await deleteBucket(name)
      }
    }
    try await held.alone { () async throws(FileSystemError) in
      guard case (.directory(let removed), let location) = try await existingPlace(name, in: parent) else {
        throw FileSystemError(.notDirectory, "\(name) is not a directory")
      }
      return ([ObjectPath(removed)], (removed, location))
    } _: { (removed, location) async throws(FileSystemError) in
      try await remove(removed, in: location)
    }
  }

  private func remove(
    _ removed: DirectoryLocation, in location: DirectoryLocation
  ) async throws(FileSystemError) {
    let last = inodes.attributes(of: removed)
    if try await removals.requireEmpty(removed).marker != nil {
      try await mappingErrors { () async throws(S3Error) in try await store.deleteObject(removed.marker, versionID: nil)
      }
      changes.apply(.deleted(removed.marker))
    }
    changes.apply(.removedDirectory(removed))
    knowledge.directories.withLock { $0.keepIfEmptied(location, within: horizon) }
    inodes.table.withLock { _ = $0.unlink(.directory(removed), last: last) }
  }

  // MARK: Nodes

  /// Serves mknod(2) of any kind but directories. A device, socket or FIFO is an empty object whose mode holds its
  /// kind. Throws what `create` throws. Cost: one PUT.
  public func makeNode(
    _ name: String, in parent: InodeNumber, kind: FileKind, permissions: UInt32, device: UInt64, caller: Caller
  ) async throws(FileSystemError) -> Entry {
    try requireWritable()
    if kind != .file { try requireMetadata(for: "a node that is not a file") }
    return try await make(name, in: parent) { reference async throws(FileSystemError) in
      let content = contents.newContent(
        of: reference, kind: kind, permissions: permissions, caller: caller, device: device)
      return try await save(content, as: reference)
    }
  }

  private func make(
    _ name: String, in parent: InodeNumber, _ body: (ObjectReference) async throws(FileSystemError) -> Entry
  ) async throws(FileSystemError) -> Entry {
    try await held.alone { () async throws(FileSystemError) in
      let reference = try await newObject(name, in: parent, mayExist: false).object
      return ([ObjectPath(reference)], reference)
    } _: { reference async throws(FileSystemError) in
      try await body(reference)
    }
  }

  /// Serves symlink(2): an object whose mode marks it as a link, with the target as its bytes. Throws what `create`
  /// throws. Cost: one PUT.
  public func makeSymbolicLink(
    _ name: String, in parent: InodeNumber, target: String, caller: Caller
  ) async throws(FileSystemError) -> Entry {
    try requireWritable()
    try requireMetadata(for: "a symbolic link")
    return try await make(name, in: parent) { reference async throws(FileSystemError) in
      let content = contents.newContent(of: reference, kind: .symbolicLink, permissions: 0o777, caller: caller)
      _ = try content.writeNow(Array(target.utf8).span.bytes, at: 0, appending: false, now: time.wall())
      return try await save(content, as: reference)
    }
  }

  /// Runs a write on condition that the name is free: another client may have taken it since it was looked up.
  private func taking<Result>(
    _ reference: ObjectReference, _ write: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    do throws(FileSystemError) { return try await write() } catch {
      guard error.code == .preconditionFailed else { throw error }
      throw FileSystemError(.alreadyExists, "\(reference) exists", cause: error.cause)
    }
  }

  /// Uploads a node that is complete. Counts one lookup.
  func save(_ content: FileContent, as reference: ObjectReference) async throws(FileSystemError) -> Entry {
    try await taking(reference) { () async throws(FileSystemError) in
      try await saving.save(content, condition: .ifAbsent)
    }
    var attributes = inodes.attributes(of: content, inode: .root)
    attributes.inode = inodes.table.withLock { table in
      table.separate(reference, from: attributes.kind == .file ? content.with { $0.etag } : nil)
      return table.look(up: .object(reference), as: attributes.kind)
    }
    return lookups.recordReply(Entry(attributes: attributes, validFor: validity))
  }

  /// Serves readlink(2). Throws invalidArgument for what is not a symbolic link. Cost: one conditional check, which
  /// returns the target if it is not in memory.
  public func linkTarget(of inode: InodeNumber) async throws(FileSystemError) -> String {
    guard case .object(let reference) = try lookups.place(of: inode) else {
      throw FileSystemError(.invalidArgument, "inode \(inode) is not a symbolic link")
    }
    let content = try await lookups.ofInode { () async throws(FileSystemError) in
      try await self.contents.newestContent(of: reference, inode: inode, wantsBytes: true, needsHeaders: false)
    }
    guard content.with({ $0.posix.kind == .symbolicLink }) else {
      throw FileSystemError(.invalidArgument, "\(reference) is not a symbolic link")
    }
    return String(decoding: try await content.read(0..<4096, advice: .readOnce).bytes, as: UTF8.self)
  }

  // MARK: Removing

  /// Serves unlink(2). An open file stays readable until it is released. Throws notFound, isDirectory, readOnly. Cost:
  /// one DELETE, with `--write-back` one for many (`Removals.delete`); of an open file also the GETs of what is not held
  /// here.
  public func unlink(_ name: String, in parent: InodeNumber) async throws(FileSystemError) {
    try requireWritable()
    if case .root = try lookups.place(of: parent) {
      throw FileSystemError(.isDirectory, "\(name) is a bucket: rmdir deletes it when it is empty")
    }
    try await held.alone { () async throws(FileSystemError) in
      guard case (.object(let reference), let location) = try await existingPlace(name, in: parent) else {
        throw FileSystemError(.isDirectory, "\(name) is a directory")
      }
      return ([ObjectPath(reference)], (reference, location))
    } _: { (reference, location) async throws(FileSystemError) in
      try await removeObject(reference, isLateAllowed: true)
      knowledge.directories.withLock { $0.keepIfEmptied(location, within: horizon) }
    }
    announceOtherName(than: name, in: parent)
  }

  /// Notifies the kernel after `d‛object` was removed or renamed: where no directory `d` exists, the kernel may know
  /// the object as `d`.
  func announceOtherName(than name: String, in parent: InodeNumber) {
    guard case .shadowedObject(let segment)? = try? KeyMapping.parse(name), !segment.isEmpty else { return }
    for name in KeyMapping.names(forSegment: segment).prefix(1) {
      changes.changeObserver?.entryChanged(name, in: parent)
    }
  }

  /// Deletes an object, or discards a file that exists only here.
  /// - Parameter isLateAllowed: whether S3 may be asked later (`--write-back`).
  func removeObject(_ reference: ObjectReference, isLateAllowed: Bool = false) async throws(FileSystemError) {
    let content = inodes.table.withLock { $0[.object(reference)]?.content }
    guard let content else {
      let last = inodes.table.withLock { $0[.object(reference)]?.number }.flatMap {
        lookups.cachedAttributes(of: $0, handle: nil)
      }
      let isLater = isLateAllowed ? try await removals.deleteLater(reference) : false
      if !isLater { try await removals.deleteObject(reference) }
      inodes.table.withLock { _ = $0.unlink(.object(reference), last: last?.attributes) }
      return
    }
    try await content.exclusively { () async throws(FileSystemError) in
      try await removals.keepReadable(content)
      if content.with({ $0.mayBeInS3 }) { try await removals.deleteObject(reference) }
      content.unlink()
      removals.unlinked(reference, content)
    }
  }
}

import Logging
import S3
import Synchronization

// Making and removing names.

extension FileSystem {
  /// The object that a new name in a directory stands for. Throws alreadyExists, isDirectory, and what `place` throws.
  func newObject(
    _ name: String, in parent: InodeNumber, mayExist: Bool
  ) async throws(FileSystemError) -> ObjectReference {
    let reference = try place(ofNew: name, in: parent)
    let (child, _) = try await child(reference.parent.segment, of: reference.parent.location)
    if child.isDirectory { throw FileSystemError(mayExist ? .isDirectory : .alreadyExists, "\(name) is a directory") }
    let isNewHere = inodes.withLock { $0[.object(reference)]?.content != nil }
    if !mayExist && (child.object != nil || isNewHere) { throw FileSystemError(.alreadyExists, "\(name) exists") }
    return reference
  }

  /// Throws notPermitted at the root, invalidName, nameTooLong.
  func place(ofNew name: String, in parent: InodeNumber) throws(FileSystemError) -> ObjectReference {
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    if case .root = try place(of: parent) {
      throw FileSystemError(.notPermitted, "only buckets can be made at the root: put \(name) into one")
    }
    let location = try directory(parent)
    let reference = try object(named: name, in: location)
    guard reference.key.length <= ObjectKey.maximumLength else {
      throw FileSystemError(.nameTooLong, "the key would have \(reference.key.length) bytes, S3 allows 1,024")
    }
    return reference
  }

  private func object(named name: String, in location: DirectoryLocation) throws(FileSystemError) -> ObjectReference {
    do throws(KeyMappingError) {
      switch try KeyMapping.parse(name) {
      case .segment(let segment): return location.object(ByteName(segment))
      case .shadowedObject(let segment) where segment.isEmpty: return location.marker
      case .shadowedObject(let segment): return location.object(ByteName(segment))
      case .continuation: throw KeyMappingError(.misplaced, name: name)
      }
    } catch { throw FileSystemError(error) }
  }

  /// What an existing name stands for. Throws notFound.
  func existingPlace(
    _ name: String, in parent: InodeNumber
  ) async throws(FileSystemError) -> (place: Place, location: DirectoryLocation) {
    let location = try directory(parent)
    let answer = try await lookup(name, in: parent, learningHeaders: false)
    guard case .found(let entry) = answer else { throw .gone(name) }
    let place = try place(of: entry.inode)
    forget(entry.inode, lookups: 1)
    return (place, location)
  }

  private func entry(_ name: String, in parent: InodeNumber) async throws(FileSystemError) -> Entry {
    guard case .found(let entry) = try await lookup(name, in: parent) else { throw .gone(name) }
    return entry
  }

  // MARK: Directories

  /// mkdir(2); in the root it creates a bucket. The entry counts as one lookup, here and in all that make a name.
  /// Cost: one PUT of the marker.
  public func makeDirectory(
    _ name: String, in parent: InodeNumber, permissions: UInt32, caller: Caller
  ) async throws(FileSystemError) -> Entry {
    try requireWritable()
    guard name.utf8.count <= KeyMapping.maximumNameLength else { throw .nameTooLong(name) }
    if case .root = try place(of: parent) {
      try await createBucket(name)
      return try await entry(name, in: parent)
    }
    let location = try directory(parent)
    let reference = try object(named: name, in: location)
    let made = location.directory(reference.parent.segment)
    guard made.prefix.length <= ObjectKey.maximumLength else {
      throw FileSystemError(.nameTooLong, "the key would have \(made.prefix.length) bytes, S3 allows 1,024")
    }
    let (child, knownAt) = try await child(reference.parent.segment, of: location)
    let isNewHere = inodes.withLock { $0[.object(reference)]?.content != nil }
    guard !child.exists, !isNewHere else { throw FileSystemError(.alreadyExists, "\(name) exists") }
    let now = time.wall()
    var posix = PosixMetadata()
    posix.mode = FileKind.directory.modeBits | permissions
    (posix.owner, posix.group) = (caller.user, caller.group)
    (posix.modified, posix.accessed, posix.changed) = (now, now, now)
    let headers = ObjectProperties(contentType: MediaType.directory, userMetadata: posix.merged(into: [:]))
    let result = try await mappingErrors { () async throws(S3Error) in
      try await store.putObject(made.marker, body: .bytes([]), properties: headers, condition: .none)
    }
    wroteMarker(made, size: 0, result: result, headers: headers)
    // Where there was no directory there was nothing in it: as good as a listing of that time.
    directories.withLock { $0.installEmpty(made, knownAt: knownAt) }
    let inode = inodes.withLock { $0.look(up: .directory(made)) }
    var attributes = attributes(of: made)
    attributes.inode = inode
    return Entry(attributes: attributes, validFor: options.ttl)
  }

  /// rmdir(2); in the root it deletes a bucket. Throws notEmpty, notDirectory. Cost: one LIST, and one DELETE if the
  /// directory has a marker.
  public func removeDirectory(_ name: String, in parent: InodeNumber) async throws(FileSystemError) {
    try requireWritable()
    if case .root = try place(of: parent) { return try await deleteBucket(name) }
    guard case (.directory(let removed), let location) = try await existingPlace(name, in: parent) else {
      throw FileSystemError(.notDirectory, "\(name) is not a directory")
    }
    let last = attributes(of: removed)
    if try await requireEmpty(removed).marker != nil {
      try await mappingErrors { () async throws(S3Error) in try await store.deleteObject(removed.marker, versionID: nil)
      }
      deleted(removed.marker)
    }
    if let (above, segment) = removed.parent {
      directories.withLock { cache in
        cache.local.set(nil, segment, of: above)
        cache.note(directory: removed, exists: false, now: time.now())
        cache.local.keep(location)
      }
    }
    inodes.withLock { _ = $0.unlink(.directory(removed), last: last) }
  }

  /// Asks S3 now: what another client put there is not deleted. Throws notEmpty.
  @discardableResult
  func requireEmpty(_ location: DirectoryLocation) async throws(FileSystemError) -> DirectoryListing {
    let listing = try await listing(of: location, freshness: .now)
    let hasNewFiles = directories.withLock { !$0.local.newFiles(in: location).isEmpty }
    guard listing.children.isEmpty, !hasNewFiles, (listing.marker?.size ?? 0) == 0 else {
      throw FileSystemError(.notEmpty, "\(location.prefix) is not empty")
    }
    return listing
  }

  // MARK: Nodes

  /// mknod(2) of any kind but directories. A device, socket or FIFO is an empty object whose mode tells its kind.
  /// Throws what `create` throws. Cost: one PUT.
  public func makeNode(
    _ name: String, in parent: InodeNumber, kind: FileKind, permissions: UInt32, device: UInt64, caller: Caller
  ) async throws(FileSystemError) -> Entry {
    try requireWritable()
    let reference = try await newObject(name, in: parent, mayExist: false)
    let content = newContent(of: reference, kind: kind, permissions: permissions, caller: caller, device: device)
    return try await save(content, as: reference)
  }

  /// symlink(2): an object whose mode tells that it is one, with the target as its bytes. Throws what `create` throws.
  /// Cost: one PUT.
  public func makeSymbolicLink(
    _ name: String, in parent: InodeNumber, target: String, caller: Caller
  ) async throws(FileSystemError) -> Entry {
    try requireWritable()
    let reference = try await newObject(name, in: parent, mayExist: false)
    let content = newContent(of: reference, kind: .symbolicLink, permissions: 0o777, caller: caller)
    _ = try content.writeNow(Array(target.utf8).span.bytes, at: 0, appending: false, now: time.wall())
    return try await save(content, as: reference)
  }

  /// Uploads a node that is complete. Counts one lookup.
  private func save(_ content: FileContent, as reference: ObjectReference) async throws(FileSystemError) -> Entry {
    try await upload(content)
    var attributes = attributes(of: content, inode: .root)
    attributes.inode = inodes.withLock { $0.look(up: .object(reference), as: attributes.kind) }
    return telling(Entry(attributes: attributes, validFor: options.ttl))
  }

  /// readlink(2). Throws invalidArgument for what is not a symbolic link. Cost: one conditional check, which brings the
  /// target if it is not in memory.
  public func linkTarget(of inode: InodeNumber) async throws(FileSystemError) -> String {
    guard case .object(let reference) = try place(of: inode) else {
      throw FileSystemError(.invalidArgument, "inode \(inode) is not a symbolic link")
    }
    let content = try await newestContent(of: reference, inode: inode, wantsBytes: true)
    guard content.with({ $0.posix.kind == .symbolicLink }) else {
      throw FileSystemError(.invalidArgument, "\(reference) is not a symbolic link")
    }
    return String(decoding: try await content.read(0..<4096, advice: .readOnce).bytes, as: UTF8.self)
  }

  // MARK: Removing

  /// unlink(2). An open file stays readable until it is released. Throws notFound, isDirectory, readOnly. Cost: one DELETE;
  /// of an open file also the GETs of what is not held here.
  public func unlink(_ name: String, in parent: InodeNumber) async throws(FileSystemError) {
    try requireWritable()
    if case .root = try place(of: parent) {
      throw FileSystemError(.isDirectory, "\(name) is a bucket: rmdir deletes it when it is empty")
    }
    guard case (.object(let reference), let location) = try await existingPlace(name, in: parent) else {
      throw FileSystemError(.isDirectory, "\(name) is a directory")
    }
    try await removeObject(reference)
    directories.withLock { $0.local.keep(location) }
    announceOtherName(than: name, in: parent)
  }

  /// `d‛object` was removed or renamed: where no directory `d` is, the kernel may know the object as `d`.
  func announceOtherName(than name: String, in parent: InodeNumber) {
    guard case .shadowedObject(let segment)? = try? KeyMapping.parse(name), !segment.isEmpty else { return }
    for name in KeyMapping.names(forSegment: segment).prefix(1) { changeObserver?.entryChanged(name, in: parent) }
  }

  /// Deletes an object, or gives a file up that exists only here.
  func removeObject(_ reference: ObjectReference) async throws(FileSystemError) {
    let content = inodes.withLock { $0[.object(reference)]?.content }
    guard let content else {
      let last = inodes.withLock { $0[.object(reference)]?.number }.flatMap { cachedAttributes(of: $0, handle: nil) }
      try await deleteObject(reference)
      inodes.withLock { _ = $0.unlink(.object(reference), last: last?.attributes) }
      return
    }
    try await content.exclusively { () async throws(FileSystemError) in
      try await keepReadable(content)
      if content.with({ $0.base != nil || $0.replaces != nil }) { try await deleteObject(reference) }
      content.with { $0.unlink() }
      unlinked(reference, content)
    }
  }

  /// Takes a file's name away; its bytes live on until the last handle is released.
  func unlinked(_ reference: ObjectReference, _ content: FileContent) {
    let (location, segment) = reference.parent
    directories.withLock { $0.local.set(nil, segment, of: location) }
    unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    inodes.withLock { table in
      guard let number = table.unlink(.object(reference)) else { return }
      if content.with({ $0.handles == 0 }) { table.update(number) { $0.content = nil } }
    }
  }

  /// Before its object goes: fetches what readers of an open file may still want.
  func keepReadable(_ content: FileContent) async throws(FileSystemError) {
    let (gaps, handles) = content.with { ($0.local.ranges.gaps(in: 0..<$0.size), $0.handles) }
    guard handles > 0 else { return }
    for gap in gaps {
      var offset = gap.lowerBound
      while offset < gap.upperBound {
        let piece = offset..<min(offset + (1 << 20), gap.upperBound)
        let bytes = try await content.read(
          piece, advice: ReadAdvice(ahead: [piece.upperBound..<min(piece.upperBound + (8 << 20), gap.upperBound)])
        ).bytes
        guard !bytes.isEmpty else { break }
        try content.with { (state) throws(FileSystemError) in try state.local.write(bytes.span.bytes, at: offset) }
        offset += Int64(bytes.count)
      }
    }
  }

  func deleteObject(_ reference: ObjectReference) async throws(FileSystemError) {
    try await settleCopies { $0 == reference }
    try await mappingErrors { () async throws(S3Error) in try await store.deleteObject(reference, versionID: nil) }
    deleted(reference)
  }
}

extension FileSystemError {
  init(_ error: KeyMappingError) {
    self.init(error.reason == .tooLong ? .nameTooLong : .invalidName, error.description)
  }
}

import S3
import Synchronization

// chmod, chown, truncate, utimensat: kept in the object's own headers.

extension FileSystem {
  /// chmod(2), chown(2), truncate(2), utimensat(2). An unsaved file takes the change along with its bytes; a saved one
  /// gets new headers by a COPY onto itself. Throws readOnly, notFound, notPermitted for the root and buckets, isDirectory
  /// for the size of a directory. Cost: none while the file is unsaved and open, else one HEAD or GET (none for what was
  /// written within the ttl) and one COPY or PUT.
  public func setAttributes(
    of inode: InodeNumber, to changes: AttributeChanges, handle: FileHandle?
  ) async throws(FileSystemError) -> Entry {
    guard !changes.isEmpty else { return try await attributes(of: inode, handle: handle) }
    try requireWritable()
    if let handle {
      let open = try openHandle(handle)
      try await change(open.content, changes, uploadsAtOnce: false)
      let attributes = attributes(of: open.content, inode: inode)
      return telling(Entry(attributes: attributes, validFor: options.ttl))
    }
    if let unlinked = unlinkedContent(of: inode) {
      try await change(unlinked, changes, uploadsAtOnce: false)
      return try await attributes(of: inode, handle: nil)
    }
    switch try place(of: inode) {
    case .root: throw FileSystemError(.notPermitted, "the root has no attributes that could be kept")
    case .directory(let location): try await change(location, changes)
    case .object(let reference): try await change(reference, inode: inode, changes)
    }
    return try await attributes(of: inode, handle: nil)
  }

  private func change(
    _ reference: ObjectReference, inode: InodeNumber, _ changes: AttributeChanges
  ) async throws(FileSystemError) {
    if changes.size == nil, inodes.withLock({ $0[.object(reference)]?.content == nil }),
      let own = ownHead(of: reference)
    {
      // As rsync, git and cp do it after the close. The COPY has the version for its condition.
      do throws(FileSystemError) {
        return try await change(makeContent(of: reference, head: own), changes, uploadsAtOnce: true)
      } catch {
        guard error.code == .preconditionFailed || error.code == .notFound else { throw error }
      }
    }
    let content = try await newestContent(of: reference, inode: inode, wantsBytes: changes.size ?? 0 > 0)
    // A file that somebody has open is saved when they close it; else now.
    try await change(content, changes, uploadsAtOnce: content.with { $0.handles == 0 })
  }

  private func change(
    _ content: FileContent, _ changes: AttributeChanges, uploadsAtOnce: Bool
  ) async throws(FileSystemError) {
    try await content.exclusively { () async throws(FileSystemError) in
      let now = time.wall()
      if let size = changes.size, size != content.with({ $0.size }) { try content.truncate(to: size, now: now) }
      content.with { state in
        let before = state.posix
        state.posix.apply(changes, kind: .file, now: now)
        if state.posix != before { state.headersChanged = true }
        if changes.size != nil { state.wasWritten = true }
      }
      // With the bytes already in S3 nothing else would carry the new headers there.
      let onlyHeaders = content.with { $0.headersChanged && !$0.bytesChanged }
      if uploadsAtOnce, pending.contains(content), savesLater(content) { return }
      if uploadsAtOnce || onlyHeaders { try await uploadExclusively(content) }
    }
  }

  /// A directory keeps its attributes in its marker, which is made if it has none.
  private func change(
    _ location: DirectoryLocation, _ changes: AttributeChanges
  ) async throws(FileSystemError) {
    guard changes.size == nil else { throw FileSystemError(.isDirectory, "a directory has no size to set") }
    guard !location.isBucket, location.continuation == 0 else {
      throw FileSystemError(.notPermitted, "a bucket has nowhere to keep mode, owner and times")
    }
    try await rewriteMarker(of: location) { posix in posix.apply(changes, kind: .directory, now: time.wall()) }
  }

  /// Changes the headers of a directory's marker, which is made if it has none.
  func rewriteMarker(
    of location: DirectoryLocation, _ change: (inout PosixMetadata) -> Void
  ) async throws(FileSystemError) {
    let existing: ObjectHead?
    do throws(FileSystemError) {
      existing = try await head(of: location.marker, freshness: .now)
    } catch {
      guard error.code == .notFound else { throw error }
      existing = nil
    }
    var properties = existing?.properties ?? ObjectProperties(contentType: MediaType.directory)
    var posix = PosixMetadata(userMetadata: properties.userMetadata)
    let before = posix
    change(&posix)
    // tar gives each directory the owner that it has. A time of change alone is not worth a COPY.
    if existing != nil, posix.isSame(as: before) { return }
    properties.userMetadata = posix.merged(into: properties.userMetadata)
    let (marker, headers) = (location.marker, properties)
    let result = try await mappingErrors { () async throws(S3Error) in
      // An empty marker is put anew, which costs the same: SeaweedFS finds no marker to copy. A copy keeps its tags.
      guard let existing, existing.size > 0 || existing.tagCount > 0 else {
        return try await store.putObject(marker, body: .bytes([]), properties: headers, condition: .none)
      }
      let copy = ObjectCopy(
        store: store, journal: uploadJournal, source: marker, destination: marker, headers: headers)
      return try await copy.copyAsItIs(size: existing.size)
    }
    wroteMarker(location, size: existing?.size ?? 0, result: result, headers: headers)
  }

  func wroteMarker(_ location: DirectoryLocation, size: Int64, result: WriteResult, headers: ObjectProperties) {
    let head = ObjectHead(
      size: size, etag: result.etag, lastModified: result.lastModified ?? time.wall(), properties: headers,
      versionID: result.versionID)
    wrote(head, at: location.marker, isListed: result.lastModified != nil)
    directories.withLock { $0.note(directory: location, exists: true, now: time.now()) }
  }
}

extension PosixMetadata {
  /// Whether nothing but the time of change differs.
  fileprivate func isSame(as other: Self) -> Bool {
    var other = other
    other.changed = changed
    return self == other
  }

  /// Takes the changes of a setattr over.
  mutating func apply(_ changes: AttributeChanges, kind: FileKind, now: Timestamp) {
    let kind = self.kind ?? kind
    if let permissions = changes.permissions { mode = kind.modeBits | permissions & 0o7777 }
    owner = changes.owner ?? owner
    group = changes.group ?? group
    accessed = changes.accessed ?? accessed
    modified = changes.modified ?? modified
    // Reading alone changes no ctime (relatime), everything else does.
    if changes.permissions != nil || changes.owner != nil || changes.group != nil || changes.modified != nil {
      changed = now
    }
  }
}

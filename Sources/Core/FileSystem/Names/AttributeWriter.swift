import Keys
import S3
import Synchronization

/// Changes of attributes by inode: mode, owner, times, size, extended attributes.
public final class AttributeWriter: ChangingPart {
  let saving: Saving
  let lookups: Lookups

  init(_ saving: Saving, _ lookups: Lookups) {
    (self.saving, self.lookups) = (saving, lookups)
  }
}

extension AttributeWriter {
  /// Serves chmod(2), chown(2), truncate(2), utimensat(2). The change of an unsaved file is uploaded along with its
  /// bytes; a saved one gets new headers by a COPY onto itself. Throws readOnly, notFound, isDirectory for the size of
  /// a directory. Cost: none while the file is unsaved and open, else one HEAD or GET (none for what was written within
  /// the ttl) and one COPY or PUT; none for the root and buckets, whose attributes last as long as the mount.
  public func setAttributes(
    of inode: InodeNumber, to changes: AttributeChanges, handle: FileHandle?
  ) async throws(FileSystemError) -> Entry {
    guard !changes.isEmpty else { return try await lookups.attributes(of: inode, handle: handle) }
    try requireWritable()
    if let handle {
      let open = try inodes.openHandle(handle)
      try await change(open.content, changes, uploadsAtOnce: false)
      let attributes = inodes.attributes(of: open.content, inode: inode)
      return lookups.recordReply(Entry(attributes: attributes, validFor: validity))
    }
    if let unlinked = lookups.unlinkedContent(of: inode) {
      try await change(unlinked, changes, uploadsAtOnce: false)
      return try await lookups.attributes(of: inode, handle: nil)
    }
    try await lookups.ofVersion { () async throws(FileSystemError) in
      try await self.held.alone(with: inode) { place async throws(FileSystemError) in
        switch place {
        case .root: try self.changeHere(.root, changes)
        case .directory(let location): try await self.change(location, changes)
        case .object(let reference): try await self.change(reference, inode: inode, changes)
        }
      }
    }
    return try await lookups.attributes(of: inode, handle: nil)
  }

  private func change(
    _ reference: ObjectReference, inode: InodeNumber, _ changes: AttributeChanges
  ) async throws(FileSystemError) {
    if changes.size == nil, inodes.table.withLock({ $0[.object(reference)]?.content == nil }),
      let own = knowledge.ownHead(of: reference)
    {
      // As rsync, git and cp do it after the close. The COPY is conditional on the version.
      do throws(FileSystemError) {
        return try await change(contents.makeContent(of: reference, head: own), changes, uploadsAtOnce: true)
      } catch {
        guard error.code == .preconditionFailed || error.code == .notFound else { throw error }
      }
    }
    let content = try await lookups.ofInode { () async throws(FileSystemError) in
      try await self.contents.newestContent(of: reference, inode: inode, wantsBytes: changes.size ?? 0 > 0)
    }
    // Modes and times of a file that is being written are uploaded with its bytes. A new size is reported as done, as
    // by a close.
    try await change(content, changes, uploadsAtOnce: changes.size != nil || content.with { $0.handles == 0 })
  }

  private func change(
    _ content: FileContent, _ changes: AttributeChanges, uploadsAtOnce: Bool
  ) async throws(FileSystemError) {
    let now = time.wall()
    if let size = changes.size, size != content.with({ $0.size }) { try content.truncate(to: size, now: now) }
    content.with { state in
      var posix = state.posix
      posix.apply(changes, kind: .file, now: now)
      state.setHeaders(posix)
      if changes.size != nil { state.wasWritten = true }
    }
    if options.plain, !content.with({ $0.isDirty }) { return inodes.keepHere(content) }
    // With the bytes already in S3 no later upload would bring the new headers there.
    let onlyHeaders = content.with { $0.headersChanged && !$0.bytesChanged }
    guard uploadsAtOnce || onlyHeaders else { return }
    content.commit()
    if held.pending.contains(content), saving.deferUpload(content) { return }
    try await saving.upload(content)
  }

  /// Changes a directory's attributes, which are stored in its marker; the marker is created if it has none.
  private func change(
    _ location: DirectoryLocation, _ changes: AttributeChanges
  ) async throws(FileSystemError) {
    if location.isBucket || options.plain { return try changeHere(.directory(location), changes) }
    guard changes.size == nil else { throw .noSizeToSet }
    guard location.continuation == 0 else {
      throw FileSystemError(.notPermitted, "a part of a long name has nowhere to keep mode, owner and times")
    }
    try await rewriteMarker(of: location) { posix in posix.apply(changes, kind: .directory, now: time.wall()) }
    timesAreSet(of: .directory(location), by: changes)
  }

  /// Changes attributes that last as long as the mount: the root and buckets have no object that could store
  /// attributes, and with `--plain` directories get none.
  private func changeHere(_ place: Place, _ changes: AttributeChanges) throws(FileSystemError) {
    guard changes.size == nil else { throw .noSizeToSet }
    var known = PosixMetadata()
    if case .directory(let location) = place,
      let marker = knowledge.metadata.withLock({ $0.latest(of: location.marker) })
    {
      known = PosixMetadata(userMetadata: marker.properties.userMetadata)
    }
    knowledge.attributesHere.withLock { here in
      var posix = here[place] ?? known
      posix.apply(changes, kind: .directory, now: time.wall())
      here.set(posix, of: place)
    }
    timesAreSet(of: place, by: changes)
  }

  private func timesAreSet(of place: Place, by changes: AttributeChanges) {
    if changes.modified != nil { knowledge.directories.withLock { $0.forgetTime(of: place) } }
  }

  /// Changes the headers of a directory's marker, which is created if it has none.
  func rewriteMarker(
    of location: DirectoryLocation, _ change: (inout PosixMetadata) -> Void
  ) async throws(FileSystemError) {
    let existing: ObjectHead?
    do throws(FileSystemError) {
      existing = try await knowledge.head(of: location.marker, freshness: .now)
    } catch {
      guard error.code == .notFound else { throw error }
      existing = nil
    }
    var properties = existing?.properties ?? ObjectProperties(contentType: MediaType.directory)
    var posix = PosixMetadata(userMetadata: properties.userMetadata)
    let before = posix
    change(&posix)
    // tar sets on each directory the owner that it already has. A time of change alone is not worth a COPY.
    if existing != nil, posix.isSame(as: before) { return }
    properties.userMetadata = posix.merged(into: properties.userMetadata)
    let (marker, headers) = (location.marker, properties)
    let result = try await mappingErrors { () async throws(S3Error) in
      // An empty marker is written anew by a PUT, which costs the same: SeaweedFS finds no marker to copy. A copy keeps
      // its tags.
      guard let existing, existing.size > 0 || existing.tagCount != 0 else {
        return try await store.putObject(marker, body: .bytes([]), properties: headers, condition: .none)
      }
      let copy = ObjectCopy(
        store: store, journal: uploadJournal, source: marker, destination: marker, headers: headers)
      return try await copy.copyAsItIs(size: existing.size)
    }
    changes.apply(.wroteMarker(location, size: existing?.size ?? 0, result, headers: headers))
  }

}

extension PosixMetadata {
  /// Returns whether nothing but the time of change differs.
  fileprivate func isSame(as other: Self) -> Bool {
    var other = other
    other.changed = changed
    return self == other
  }

  /// Applies the changes of a setattr.
  mutating func apply(_ changes: AttributeChanges, kind: FileKind, now: Timestamp) {
    let kind = self.kind ?? kind
    if let permissions = changes.permissions { mode = kind.modeBits | permissions & 0o7777 }
    owner = changes.owner ?? owner
    group = changes.group ?? group
    accessed = changes.accessed ?? accessed
    modified = changes.modified ?? modified
    // Reading changes nothing here, so that each change is an explicit request.
    if changes.permissions != nil || changes.owner != nil || changes.group != nil || changes.modified != nil
      || changes.accessed != nil
    {
      changed = now
    }
  }
}

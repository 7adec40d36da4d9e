import Keys
import S3
import Synchronization

/// Open files by handle: open, create, read, write, close, copy.
public final class Files: ChangingPart {
  let names: Names
  var saving: Saving { names.saving }
  var lookups: Lookups { names.lookups }

  init(_ names: Names) { self.names = names }
}

extension Files {
  /// Serves open(2). Opens the newest object with one request, which also returns the first bytes of a file that is not
  /// cached. Throws notFound, isDirectory, readOnly, and errors of S3.
  public func open(_ inode: InodeNumber, flags: OpenFlags) async throws(FileSystemError) -> OpenedFile {
    if flags.contains(.write) || flags.contains(.truncate) { try requireWritable() }
    for _ in 0..<Contents.mostTries {
      let place = try lookups.place(of: inode)
      if let path = place.path { await held.leaving.free([path]) }
      do throws(FileSystemError) { return try await openOnce(inode, flags: flags) } catch {
        // A directory above was renamed meanwhile.
        guard error.code == .stale, inodes.table.withLock({ $0[inode]?.place }) != place else { throw error }
      }
    }
    throw FileSystemError(.stale, "inode \(inode) is moved all the time")
  }

  private func openOnce(_ inode: InodeNumber, flags: OpenFlags) async throws(FileSystemError) -> OpenedFile {
    guard case .object(let reference) = try lookups.place(of: inode) else {
      throw FileSystemError(.isDirectory, "inode \(inode) is a directory")
    }
    let attached = try await lookups.ofInode { () async throws(FileSystemError) in
      let content: FileContent
      do throws(FileSystemError) {
        content = try await self.contents.newestContent(
          of: reference, inode: inode, wantsBytes: flags.wantsBytes, needsHeaders: flags.contains(.write))
      } catch {
        // Bytes and headers that S3 refuses to show are not needed to replace the object.
        guard error.code == .accessDenied, flags.contains(.truncate) else { throw error }
        content = self.contents.newContent(of: reference, kind: .file, permissions: 0, caller: nil)
        // A listing has shown it: if its bytes are refused for now, the new bytes replace that version later, and no
        // other.
        let shown = self.knowledge.directories.withLock { $0.lastKnown(objectAt: reference) }
        content.with { $0.replaces = shown?.etag }
      }
      return try self.attach(content, to: inode, flags: flags)
    }
    if flags.contains(.truncate) { try await truncateAtOpen(attached) }
    return opened(attached)
  }

  // MARK: Creating

  /// Serves open(2) with O_CREAT. The object is created at close or fsync, in one PUT with its first bytes. Throws
  /// alreadyExists with `.exclusive`, invalidName, nameTooLong, notPermitted at the root, readOnly.
  public func create(
    _ name: String, in parent: InodeNumber, permissions: UInt32, flags: OpenFlags, caller: Caller
  ) async throws(FileSystemError) -> CreatedFile {
    try requireWritable()
    let place = try lookups.place(of: parent)
    let new = try await names.newObject(name, in: parent, mayExist: !flags.contains(.exclusive))
    let reference = new.object
    try await names.held.finishRemovals(at: [ObjectPath(reference)])
    for _ in 0..<Contents.mostTries {
      guard let existing = try await existing(reference) else { break }
      // It appeared since the kernel looked, or is unsaved: then this is an open.
      do throws(FileSystemError) {
        let file = try await open(existing, flags: flags)
        _ = inodes.table.withLock { $0.look(up: .object(reference)) }
        return CreatedFile(entry: lookups.recordReply(Entry(attributes: file.attributes, validFor: .zero)), file: file)
      } catch {
        // Gone or replaced again, and the caches know it now: retry.
        guard error.code == .stale else { throw error }
      }
    }
    guard new.isBesideDirectory else {
      return try begin(reference, in: parent, at: place, permissions: permissions, flags: flags, caller: caller)
    }
    // A file that is only here would hide the directory: this one is in S3 from the beginning.
    let content = contents.newContent(of: reference, kind: .file, permissions: permissions, caller: caller)
    let entry = try await names.save(content, as: reference)
    return CreatedFile(entry: entry, file: try await open(entry.inode, flags: flags))
  }

  /// Same, where memory shows that the name is free; else returns nil: call `create`. Never waits.
  public func createNow(
    _ name: String, in parent: InodeNumber, permissions: UInt32, flags: OpenFlags, caller: Caller
  ) throws(FileSystemError) -> CreatedFile? {
    try requireWritable()
    let place = try lookups.place(of: parent)
    let reference = try names.place(ofNew: name, in: parent)
    guard let known = knowledge.knownChild(at: reference), !known.exists,
      inodes.table.withLock({ $0[.object(reference)]?.content == nil }), !names.held.removing.contains(reference)
    else { return nil }
    return try begin(reference, in: parent, at: place, permissions: permissions, flags: flags, caller: caller)
  }

  /// Begins the creation of a file. Throws stale where the directory has moved meanwhile: the kernel walks the path
  /// again.
  private func begin(
    _ reference: ObjectReference, in parent: InodeNumber, at place: Place, permissions: UInt32, flags: OpenFlags,
    caller: Caller
  ) throws(FileSystemError) -> CreatedFile {
    let content = contents.newContent(of: reference, kind: .file, permissions: permissions, caller: caller)
    let (location, segment) = reference.parent
    let inode = inodes.table.withLock { table -> InodeNumber? in
      guard table[parent]?.place == place else { return nil }
      // A reader of an object of that name that another client deleted keeps its inode.
      table.separate(reference, from: nil)
      return table.look(up: .object(reference))
    }
    guard let inode else { throw FileSystemError(.stale, "inode \(parent) was moved meanwhile") }
    knowledge.directories.withLock { $0.setLocal(.newFile, segment, of: location) }
    let file = opened(try attach(content, to: inode, flags: flags))
    return CreatedFile(entry: lookups.recordReply(Entry(attributes: file.attributes, validFor: validity)), file: file)
  }

  private func existing(_ reference: ObjectReference) async throws(FileSystemError) -> InodeNumber? {
    if let node = inodes.table.withLock({ $0[.object(reference)] }), node.content?.with({ $0.isDirty }) ?? false {
      return node.number
    }
    let (location, segment) = reference.parent
    guard try await knowledge.child(segment, of: location).child.object != nil else { return nil }
    return inodes.table.withLock { $0.enter(.object(reference)) }
  }

  // MARK: Handles

  /// A new handle, of contents that other handles may share.
  private struct Attached {
    var handle: FileHandle
    var content: FileContent
    var inode: InodeNumber
    var flags: OpenFlags
    /// Whether the kernel's pages are of these contents, if it has any.
    var hasSamePages: Bool
    /// The attributes that were last reported to the kernel.
    var lastReported: Int?
  }

  /// Opens a handle on an inode. Throws stale where the inode is that of an older version that is open elsewhere, or
  /// has lost its name since its contents were looked up: the kernel looks the name up again, and is given another
  /// inode.
  private func attach(
    _ candidate: FileContent, to inode: InodeNumber, flags: OpenFlags
  ) throws(FileSystemError) -> Attached {
    let attached = inodes.table.withLock { table -> (content: FileContent, isSame: Bool, lastReported: Int?)? in
      let (reference, etag) = candidate.with { ($0.reference, $0.etag) }
      guard let node = table[inode], node.place == .object(reference),
        node.content === candidate || !table.separate(reference, from: etag)
      else { return nil }
      // Another open may have come first: all handles of one version share its contents.
      let content = node.content.flatMap { $0.isInterchangeable(with: candidate) ? $0 : nil } ?? candidate
      content.with { $0.handles += 1 }
      var isSame = false
      table.update(inode) { isSame = $0.open(content) }
      return (content, isSame, node.lastReported)
    }
    guard let (content, isSame, lastReported) = attached else {
      throw FileSystemError(.stale, "inode \(inode) is that of an older version")
    }
    let handle = inodes.handles.withLock {
      $0.add(
        OpenHandle(inode: inode, content: content, flags: flags, readahead: makeReadahead(), readers: contents.readers))
    }
    return Attached(
      handle: handle, content: content, inode: inode, flags: flags, hasSamePages: isSame, lastReported: lastReported)
  }

  /// Truncates at open for O_TRUNC.
  private func truncateAtOpen(_ attached: Attached) async throws(FileSystemError) {
    do throws(FileSystemError) {
      try attached.content.truncateAtOpen(now: time.wall(), clearsSetID: attached.flags.contains(.clearsSetID))
    } catch {
      await release(attached.handle)
      throw error
    }
  }

  private func opened(_ file: Attached) -> OpenedFile {
    let attributes = inodes.attributes(of: file.content, inode: file.inode)
    // Also for a version whose pages the kernel has, where a newer one was reported to it meanwhile: it would end reads
    // at the end of that one.
    let showsOthers = file.lastReported.map { $0 != attributes.fingerprint } ?? !file.hasSamePages
    return OpenedFile(
      handle: file.handle, keepsCache: file.hasSamePages && !file.flags.contains(.truncate), attributes: attributes,
      attributesChanged: showsOthers)
  }

  /// Closes the last descriptor. Uploads what a dead process left unsaved; an error then has no recipient.
  public func release(_ handle: FileHandle) async {
    guard !releaseNow(handle), let open = inodes.handles.withLock({ $0.remove(handle) }) else { return }
    // When a process dies, flush is not always called; and flush has already reported its error.
    if !saving.closeForLater(open.content) { try? await saving.upload(open.content) }
    released(open)
  }

  /// Same, where nothing has to be uploaded; else returns false: call `release`. Never waits.
  public func releaseNow(_ handle: FileHandle) -> Bool {
    guard let open = inodes.handles.withLock({ $0[handle] }) else { return true }
    guard !open.content.with({ $0.handles == 1 && $0.isDirty }) else { return false }
    guard inodes.handles.withLock({ $0.remove(handle) }) != nil else { return true }
    released(open)
    return true
  }

  private func released(_ open: OpenHandle) {
    open.content.with { $0.handles -= 1 }
    saving.detach(open.content, from: open.inode)
  }
}

extension InodeTable.Node {
  /// Attaches the contents that an open found. Returns whether the kernel's pages are of these contents, if it has any.
  fileprivate mutating func open(_ contents: FileContent) -> Bool {
    let etag = contents.with { $0.etag }
    let isSame = content === contents || cachedVersion != nil && etag == cachedVersion
    (content, cachedVersion) = (contents, etag)
    return isSame
  }
}

extension OpenFlags {
  /// Whether the first bytes will likely be needed: to be read, or to be written again around a change.
  fileprivate var wantsBytes: Bool { !contains(.truncate) }
}

extension FileContent {
  /// Returns whether another open that found `other` may use this instead: it has the same bytes, or newer ones of
  /// ours.
  fileprivate func isInterchangeable(with other: FileContent) -> Bool {
    if self === other { return true }
    let etag = other.with { $0.etag }
    return with { $0.isDirty || $0.etag == etag && etag != nil }
  }

  /// Truncates at open for O_TRUNC.
  fileprivate func truncateAtOpen(now: Timestamp, clearsSetID: Bool) throws(FileSystemError) {
    try truncate(to: 0, now: now)
    with { state in
      state.wasWritten = false
      guard clearsSetID else { return }
      var posix = state.posix
      posix.clearSetID()
      state.setHeaders(posix)
    }
  }
}

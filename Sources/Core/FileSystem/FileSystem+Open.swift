import S3
import Synchronization

// Opening, creating and releasing files.

extension FileSystem {
  /// The bytes that the check at open brings along when the file is not cached.
  static let firstFetch: Int64 = 256 << 10

  /// open(2). The newest object is opened: one request, which brings the first bytes of a file that is
  /// not cached. Throws notFound, isDirectory, readOnly, and what S3 gives.
  public func open(_ inode: InodeNumber, flags: OpenFlags) async throws(FileSystemError) -> OpenedFile {
    if flags.contains(.write) || flags.contains(.truncate) { try requireWritable() }
    guard case .object(let reference) = try place(of: inode) else {
      throw FileSystemError(.isDirectory, "inode \(inode) is a directory")
    }
    let content = try await newestContent(of: reference, inode: inode, wantsBytes: flags.wantsBytes)
    let attached = attach(content, to: inode, flags: flags)
    if flags.contains(.truncate) { try await truncateAtOpen(attached) }
    return opened(attached)
  }

  /// The contents of a file as they are now: what is unsaved here, else the newest version in S3.
  func newestContent(
    of reference: ObjectReference, inode: InodeNumber?, wantsBytes: Bool
  ) async throws(FileSystemError) -> FileContent {
    let current = inodes.withLock { $0[.object(reference)]?.content }
    if let current, current.with({ $0.isDirty }) { return current }
    let head = try await validate(reference, wantsBytes: wantsBytes)
    if let current, current.takesHeaders(head) { return current }
    return makeContent(of: reference, head: head)
  }

  func makeContent(of reference: ObjectReference, head: ObjectHead) -> FileContent {
    let content = FileContent(
      reference: reference, base: .init(reader: reader(of: reference, head: head), visible: head.size),
      properties: head.properties, lastModified: head.lastModified, spool: spool, sending: sending)
    content.with { $0.tagCount = head.tagCount }
    return content
  }

  func reader(of reference: ObjectReference, head: ObjectHead) -> VersionReader {
    contents.reader(of: .init(reference: reference, etag: head.etag)) { id in
      VersionReader(
        reference: reference, etag: head.etag, size: head.size, id: id, store: store, cache: contents)
    }
  }

  /// Reads one version of a bucket with versioning, the newest or not. It has cached blocks of its own: a reader of
  /// the newest goes stale when the object is replaced, this one does not.
  func reader(of reference: ObjectReference, head: ObjectHead, versionID: String) -> VersionReader {
    let key = ETag("\(head.etag.value)?versionId=\(versionID)")
    return contents.reader(of: .init(reference: reference, etag: key)) { id in
      VersionReader(
        reference: reference, etag: head.etag, size: head.size, id: id, store: store, cache: contents,
        versionID: versionID)
    }
  }

  // MARK: Validation

  /// The headers of the newest version, asked of S3 now (with `relaxedOpen` those known within the ttl will do).
  /// Cost: one HEAD, or one GET of the first bytes when those are wanted and not in memory.
  func validate(_ reference: ObjectReference, wantsBytes: Bool) async throws(FileSystemError) -> ObjectHead {
    if options.relaxedOpen {
      if wantsBytes { fetchFiles(after: reference) }
      if let head = rememberedHead(of: reference), !starts.isUnderWay(reference) { return head }
    }
    let known = metadata.withLock { $0.latest(of: reference) }
    let version = known.map { ContentCache.Version(reference: reference, etag: $0.etag) }
    if let version, let known, !wantsBytes || known.size == 0 || contents.holdsStart(of: version) {
      // Not a conditional HEAD: it saves nothing, and an object may get new headers and tags without a new ETag.
      return try await head(of: reference, freshness: .now)
    }
    let (location, segment) = reference.parent
    let listed = directories.withLock { $0.child(segment, of: location, now: time.now()) }?.child.object
    // A range of an empty object is an error to S3. What is on disk need not be fetched, if it is of this version.
    guard wantsBytes, listed?.size != 0, !contents.mayKeep(reference) else {
      return try await head(of: reference, freshness: .now)
    }
    return options.relaxedOpen
      ? try await fetchStartOnce(of: reference) : try await fetchStart(of: reference)
  }

  func fetchStart(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead {
    let ticket = directories.withLock { $0.ticket() }
    let sink = StartSink()
    do throws(S3Error) {
      let head = try await store.getObject(
        reference, range: 0..<Self.firstFetch, conditions: .none, versionID: nil, into: sink)
      learn(head, of: reference, ticket: ticket)
      contents.insert(sink.bytes, atStartOf: .init(reference: reference, etag: head.etag), size: head.size)
      contents.use.miss()
      return head
    } catch {
      if error.code == .invalidRange { return try await head(of: reference, freshness: .now) }
      if error.code == .noSuchKey {
        directories.withLock { $0.learn(nil, at: reference, ticket: ticket, now: time.now()) }
      }
      throw FileSystemError(error)
    }
  }

  // MARK: Creating

  /// open(2) with O_CREAT. The object is made at close or fsync, in one PUT with its first bytes.
  /// Throws alreadyExists with `.exclusive`, invalidName, nameTooLong, notPermitted at the root, readOnly.
  public func create(
    _ name: String, in parent: InodeNumber, permissions: UInt32, flags: OpenFlags, caller: Caller
  ) async throws(FileSystemError) -> CreatedFile {
    try requireWritable()
    let reference = try await newObject(name, in: parent, mayExist: !flags.contains(.exclusive))
    if let existing = try await existing(reference) {
      // It appeared since the kernel looked, or is unsaved: this is an open then.
      let file = try await open(existing, flags: flags)
      _ = inodes.withLock { $0.look(up: .object(reference)) }
      return CreatedFile(entry: telling(Entry(attributes: file.attributes, validFor: .zero)), file: file)
    }
    return begin(reference, permissions: permissions, flags: flags, caller: caller)
  }

  /// The same where memory tells that the name is free; nil: call `create`. Never waits.
  public func createNow(
    _ name: String, in parent: InodeNumber, permissions: UInt32, flags: OpenFlags, caller: Caller
  ) throws(FileSystemError) -> CreatedFile? {
    try requireWritable()
    let reference = try place(ofNew: name, in: parent)
    guard let known = knownChild(at: reference), !known.exists,
      inodes.withLock({ $0[.object(reference)]?.content == nil })
    else { return nil }
    return begin(reference, permissions: permissions, flags: flags, caller: caller)
  }

  private func begin(
    _ reference: ObjectReference, permissions: UInt32, flags: OpenFlags, caller: Caller
  ) -> CreatedFile {
    let content = newContent(of: reference, kind: .file, permissions: permissions, caller: caller)
    let (location, segment) = reference.parent
    directories.withLock { $0.local.set(.newFile, segment, of: location) }
    let inode = inodes.withLock { $0.look(up: .object(reference)) }
    let file = opened(attach(content, to: inode, flags: flags))
    return CreatedFile(entry: telling(Entry(attributes: file.attributes, validFor: options.ttl)), file: file)
  }

  private func existing(_ reference: ObjectReference) async throws(FileSystemError) -> InodeNumber? {
    if let node = inodes.withLock({ $0[.object(reference)] }), node.content != nil { return node.number }
    let (location, segment) = reference.parent
    guard try await child(segment, of: location).child.object != nil else { return nil }
    return inodes.withLock { $0.enter(.object(reference)) }
  }

  /// Contents that are not in S3 yet.
  func newContent(
    of reference: ObjectReference, kind: FileKind, permissions: UInt32, caller: Caller?, device: UInt64 = 0
  ) -> FileContent {
    let now = time.wall()
    let properties = ObjectProperties(contentType: MediaType.ofFile(named: reference.parent.segment.string))
    let content = FileContent(
      reference: reference, base: nil, properties: properties, lastModified: now, spool: spool, sending: sending)
    content.with { state in
      guard let caller else { return }
      state.posix.mode = kind.modeBits | permissions
      state.posix.owner = caller.user
      state.posix.group = caller.group
      (state.posix.modified, state.posix.accessed, state.posix.changed) = (now, now, now)
      if kind == .characterDevice || kind == .blockDevice { state.posix.device = device }
    }
    return content
  }

  // MARK: Handles

  /// A new handle, of contents that others may have open, too.
  private struct Attached {
    var handle: FileHandle
    var content: FileContent
    var inode: InodeNumber
    var flags: OpenFlags
    var pages: KernelPages
    /// What the kernel was last told of the attributes.
    var told: Int?
  }

  private func attach(_ candidate: FileContent, to inode: InodeNumber, flags: OpenFlags) -> Attached {
    let (content, pages, told) = inodes.withLock { table in
      let node = table[inode]
      // Another open may have come first: all handles of one version share its contents.
      let content = node?.content.flatMap { $0.isInterchangeable(with: candidate) ? $0 : nil } ?? candidate
      content.with { $0.handles += 1 }
      var pages = KernelPages.others
      table.update(inode) { pages = $0.open(content) }
      return (content, pages, node?.told)
    }
    let handle = handles.withLock {
      $0.add(OpenHandle(inode: inode, content: content, flags: flags, readahead: makeReadahead(), readers: readers))
    }
    return Attached(handle: handle, content: content, inode: inode, flags: flags, pages: pages, told: told)
  }

  /// O_TRUNC.
  private func truncateAtOpen(_ attached: Attached) async throws(FileSystemError) {
    do throws(FileSystemError) {
      try await attached.content.exclusively { () async throws(FileSystemError) in
        try attached.content.truncateAtOpen(now: time.wall())
      }
    } catch {
      await release(attached.handle)
      throw error
    }
  }

  private func opened(_ file: Attached) -> OpenedFile {
    let attributes = attributes(of: file.content, inode: file.inode)
    return OpenedFile(
      handle: file.handle, keepsCache: file.pages == .same && !file.flags.contains(.truncate),
      bypassesCache: file.pages == .shared, attributes: attributes,
      attributesChanged: file.pages != .same && attributes.fingerprint != file.told)
  }

  /// The last descriptor is closed. Uploads what a process that died left unsaved; nobody is there to be told an error.
  public func release(_ handle: FileHandle) async {
    guard !releaseNow(handle), let open = handles.withLock({ $0.remove(handle) }) else { return }
    // A process that dies closes without flush being heard; and an error was told by flush already.
    if !savesLater(open.content) { try? await upload(open.content) }
    released(open)
  }

  /// The same where nothing has to be uploaded; false: call `release`. Never waits.
  public func releaseNow(_ handle: FileHandle) -> Bool {
    guard let open = handles.withLock({ $0[handle] }) else { return true }
    guard !open.content.with({ $0.handles == 1 && $0.isDirty }) else { return false }
    guard handles.withLock({ $0.remove(handle) }) != nil else { return true }
    released(open)
    return true
  }

  private func released(_ open: OpenHandle) {
    open.content.with { $0.handles -= 1 }
    detach(open.content, from: open.inode)
  }
}

/// What the kernel's page cache holds of a file that is opened.
private enum KernelPages {
  /// Pages of these contents, if any.
  case same
  /// Perhaps pages of other contents, which the open drops.
  case others
  /// Whatever handles of older contents, which are still open, put there.
  case shared
}

extension InodeTable.Node {
  /// Takes the contents that an open found for the present ones.
  fileprivate mutating func open(_ contents: FileContent) -> KernelPages {
    let isSame = content === contents || cachedVersion != nil && contents.with { $0.base?.reader.etag } == cachedVersion
    if let content, content !== contents { olderContents.append(content) }
    olderContents.removeAll { older in older === contents || older.with { $0.handles == 0 } }
    content = contents
    cachedVersion = contents.with { $0.base?.reader.etag }
    guard olderContents.isEmpty else {
      hasMixedPages = true
      return .shared
    }
    defer { hasMixedPages = false }
    return isSame && !hasMixedPages ? .same : .others
  }
}

extension OpenFlags {
  /// Whether the first bytes will likely be wanted: to be read, or to be written again around a change.
  fileprivate var wantsBytes: Bool { !contains(.truncate) }
}

extension FileContent {
  /// Whether another open that found `other` may use this instead: it has the same bytes, or newer ones of ours.
  fileprivate func isInterchangeable(with other: FileContent) -> Bool {
    if self === other { return true }
    let etag = other.with { $0.base?.reader.etag }
    return with { $0.isDirty || $0.base?.reader.etag == etag && etag != nil }
  }

  /// Whether this is, unchanged, that version: then its headers, which may be newer than the bytes, are taken over.
  fileprivate func takesHeaders(_ head: ObjectHead) -> Bool {
    with { state in
      guard !state.isDirty, state.base?.reader.etag == head.etag else { return false }
      (state.properties, state.posix) = (head.properties, PosixMetadata(userMetadata: head.properties.userMetadata))
      (state.lastModified, state.tagCount) = (head.lastModified, head.tagCount)
      return true
    }
  }

  /// O_TRUNC.
  fileprivate func truncateAtOpen(now: Timestamp) throws(FileSystemError) {
    try truncate(to: 0, now: now)
    with { $0.wasWritten = false }
  }
}

/// Collects the first bytes of an object.
private final class StartSink: BodySink {
  private let collected = Mutex<[UInt8]>([])

  var bytes: [UInt8] { collected.withLock { $0 } }

  func begin(_ head: ObjectHead) {}

  func receive(_ bytes: RawSpan) -> Bool {
    collected.withLock { collected in bytes.withUnsafeBytes { collected.append(contentsOf: $0) } }
    return true
  }
}

import Keys
import S3
import Synchronization

/// Provides the contents of a file: what is unsaved here, else the newest version in S3.
final class Contents: FileSystemPart {
  let knowledge: Knowledge
  let inodes: Inodes
  var common: Common { knowledge.common }
  /// The readers of both front ends, which share the cache for readahead.
  let readers: PrefetchBudget
  /// Fetches of objects' first bytes that are in flight.
  let starts = SingleFlight<ObjectReference, ObjectHead, FileSystemError>()

  init(_ knowledge: Knowledge, _ inodes: Inodes) {
    self.knowledge = knowledge
    self.inodes = inodes
    readers = PrefetchBudget(memory: Int64(knowledge.cache.capacity) * 3 / 4)
  }
}

extension Contents {
  /// Returns the contents of a file as they are now: what is unsaved here, else the newest version in S3.
  func newestContent(
    of reference: ObjectReference, inode: InodeNumber?, wantsBytes: Bool, needsHeaders: Bool = true
  ) async throws(FileSystemError) -> FileContent {
    for _ in 0..<Self.mostTries {
      let current = inodes.table.withLock { $0[.object(reference)]?.content }
      let known = current?.with { (isDirty: $0.isDirty, etag: $0.etag) }
      if let current, known?.isDirty == true { return current }
      let head = try await validate(reference, wantsBytes: wantsBytes, needsHeaders: needsHeaders)
      if let inode { try requireKind(of: head, at: inode) }
      guard let current else { return makeContent(of: reference, head: head) }
      if current.takesHeaders(head) {
        inodes.takeAttributesHere(current, head)
        return current
      }
      // Saved here while the request to S3 was in flight: its answer may be older.
      if current.with({ $0.isDirty || $0.etag != known?.etag }) { continue }
      return makeContent(of: reference, head: head)
    }
    throw FileSystemError(.stale, "\(reference) changes all the time")
  }

  /// Requires that the object still has the kind that the inode was shown as: what is a link now must not be written to
  /// as a file. The kernel looks the path up again.
  private func requireKind(of head: ObjectHead, at inode: InodeNumber) throws(FileSystemError) {
    let kind = PosixMetadata(userMetadata: head.properties.userMetadata).kindOfObject
    guard inodes.table.withLock({ $0[inode]?.isShown(as: kind) ?? true }) else {
      throw FileSystemError(.stale, "inode \(inode) was a file of another kind")
    }
  }

  func makeContent(of reference: ObjectReference, head: ObjectHead) -> FileContent {
    let content = FileContent(
      reference: reference, base: .init(reader: reader(of: reference, head: head), visible: head.size),
      properties: head.properties, lastModified: head.lastModified, spool: spool, sending: sending,
      isPlain: options.plain)
    content.with { $0.tagCount = head.tagCount }
    inodes.takeAttributesHere(content, head)
    return content
  }

  func reader(of reference: ObjectReference, head: ObjectHead) -> VersionReader {
    cache.reader(of: .init(reference: reference, etag: head.etag)) { id in
      VersionReader(
        reference: reference, etag: head.etag, size: head.size, id: id, store: store, cache: cache)
    }
  }

  /// Returns the reader of one version of a bucket with versioning, the newest or not. It has cached blocks of its own:
  /// a reader of the newest goes stale when the object is replaced, this one does not.
  func reader(of reference: ObjectReference, head: ObjectHead, versionID: String) -> VersionReader {
    let key = ETag("\(head.etag.value)?versionId=\(versionID)")
    return cache.reader(of: .init(reference: reference, etag: key)) { id in
      VersionReader(
        reference: reference, etag: head.etag, size: head.size, id: id, store: store, cache: cache,
        versionID: versionID)
    }
  }

  /// How many retries an open makes when the object changes meanwhile.
  static var mostTries: Int { 16 }

  /// Returns the headers of the newest version. Cost: one HEAD, or one GET of the first bytes when those are needed and
  /// not in memory; without a ttl 0 where both are known: what was learnt in a burst is the newest.
  /// - Parameter needsHeaders: whether all headers must be the newest. A listing shows new bytes; but an object may get
  ///   new tags without another time, and new metadata within the same second.
  func validate(
    _ reference: ObjectReference, wantsBytes: Bool, needsHeaders: Bool = false
  ) async throws(FileSystemError) -> ObjectHead {
    if wantsBytes { fetchFiles(after: reference) }
    if options.ttl == nil, let head = knowledge.rememberedHead(of: reference), !starts.isUnderWay(reference),
      !wantsBytes || isHere(reference, head),
      !needsHeaders || knowledge.isChecked(reference)
    {
      return head
    }
    let known = knowledge.metadata.withLock { $0.latest(of: reference) }
    let version = known.map { ContentCache.Version(reference: reference, etag: $0.etag) }
    if let version, let known, !wantsBytes || known.size == 0 || cache.holdsStart(of: version) {
      // Not a conditional HEAD: it saves nothing, and an object may get new headers and tags without a new ETag.
      return try await knowledge.head(of: reference, freshness: .now)
    }
    let (location, segment) = reference.parent
    let listed = knowledge.directories.withLock { $0.child(segment, of: location, within: horizon, now: time.now()) }?
      .child
      .object
    // A range of an empty object is an error to S3. What is on disk need not be fetched, if it is of this version.
    guard wantsBytes, listed?.size != 0, !cache.mayKeep(reference) else {
      return try await knowledge.head(of: reference, freshness: .now)
    }
    // With a ttl an open sees what was written before it, so that it shares no request that began before.
    return options.ttl == nil ? try await fetchStartOnce(of: reference) : try await fetchStart(of: reference)
  }

  /// Returns whether the first bytes of a version are in memory, or may be on disk.
  private func isHere(_ reference: ObjectReference, _ head: ObjectHead) -> Bool {
    head.size == 0 || cache.holdsStart(of: .init(reference: reference, etag: head.etag))
      || cache.mayKeep(reference)
  }

  func fetchStart(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead {
    let ticket = knowledge.directories.withLock { $0.ticket(now: time.now()) }
    let sink = StartSink()
    do throws(S3Error) {
      let head = try await store.getObject(
        reference, range: 0..<ContentCache.firstFetch, conditions: .none, versionID: nil, into: sink)
      knowledge.learn(head, of: reference, ticket: ticket)
      cache.insert(sink.bytes, atStartOf: .init(reference: reference, etag: head.etag), size: head.size)
      cache.use.miss()
      return head
    } catch {
      if error.code == .invalidRange { return try await knowledge.head(of: reference, freshness: .now) }
      if error.code == .noSuchKey {
        knowledge.directories.withLock {
          $0.learn(nil, at: reference, ticket: ticket, within: horizon, now: time.now())
        }
      }
      throw FileSystemError(error)
    }
  }

  /// Returns contents that are not in S3 yet.
  func newContent(
    of reference: ObjectReference, kind: FileKind, permissions: UInt32, caller: Caller?, device: UInt64 = 0
  ) -> FileContent {
    let now = time.wall()
    let (location, segment) = reference.parent
    let properties = ObjectProperties(contentType: MediaType.ofFile(named: segment.string))
    let group = caller.map { inodes.groupForNew(in: location, by: $0).group }
    let content = FileContent(
      reference: reference, base: nil, properties: properties, lastModified: now, spool: spool, sending: sending,
      isPlain: options.plain)
    content.with { state in
      guard let caller else { return }
      state.posix.mode = kind.modeBits | permissions
      state.posix.owner = caller.user
      state.posix.group = group
      (state.posix.modified, state.posix.accessed, state.posix.changed) = (now, now, now)
      if kind == .characterDevice || kind == .blockDevice { state.posix.device = device }
    }
    return content
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

import S3

/// The state of one file while it is open or unsaved. Pure: events change it, and nothing here sends a request or
/// accesses the disk.
///
/// Three states of the file's bytes may differ: what S3 has (`bytes.base`), what the last close, fsync or HTTP request
/// fixed (`closed`), and what was written since (`bytes`). S3 only ever gets the second.
///
///                    write, truncate, copy, new headers
///                 ┌──────────────────────────────────────┐
///                 ▼                                      │
///     saved ──► changed ──commit──► closed ──write──► closedAndChanged
///       ▲          ▲                  │  ▲                 │  │
///       │          └──────────────────┼──┼──── saved ──────┘  │
///       └────────── saved ────────────┘  └────── commit ──────┘
///
/// An upload takes the closed state (`beginUpload`) and ends in `saved`, which makes its version the base, or in
/// `failed`, after which the closed state is retried. An unlinked file is never uploaded any more.
struct OpenFile: Sendable {
  enum Phase: Hashable, Sendable { case saved, changed, closed, closedAndChanged }

  var reference: ObjectReference
  /// Whether no metadata of ours is written to S3.
  let isPlain: Bool
  /// The current bytes.
  var bytes: FileBytes
  /// Without a base: the object that has the name in S3 and will be replaced, if one is known.
  var replaces: ETag?
  /// The copy of a whole object that the file is so far, if it is new and nothing else.
  var wholeCopy: WholeCopy?
  /// The upload in progress while a large new file is written.
  private(set) var stream: PartStream?
  /// When bytes were last written: kept times that equal it were not set explicitly.
  private(set) var touched: Timestamp?
  /// Whether S3 lacks bytes (or the file itself), or only headers.
  private(set) var bytesChanged: Bool
  private(set) var headersChanged = false
  /// Whether something was written since the file was created or truncated by opening it.
  var wasWritten = false
  /// S3's time of the base version, or the time of creation.
  var lastModified: Timestamp
  var properties: ObjectProperties
  var posix: PosixMetadata
  /// Whether writes leave the kept times unchanged (an upload whose sender specifies them).
  var keepsTimes = false
  /// The ID of the version last uploaded.
  private(set) var versionID: String?
  /// How many tags the object has, nil if that is not known: a PUT drops them, so that it must write them again.
  var tagCount: Int? = 0
  var handles = 0
  private(set) var isUnlinked = false
  /// Incremented with each change of bytes or headers, and with each write alone.
  private(set) var generation: UInt64 = 0
  private(set) var writes: UInt64 = 0

  /// The state that must be saved.
  private(set) var closed: ClosedState?
  private(set) var recent: RecentChanges?
  private(set) var uploads = UploadAttempts()
  /// The record in the spool of a closed state, if there is one.
  var record = FileRecord()

  init(
    reference: ObjectReference, base: FileBytes.Base?, properties: ObjectProperties, lastModified: Timestamp,
    memory: ByteBudget, isPlain: Bool
  ) {
    self.isPlain = isPlain
    self.reference = reference
    bytes = FileBytes(size: base?.reader.size ?? 0, base: base, local: LocalBytes(budget: memory))
    bytesChanged = base == nil
    self.lastModified = lastModified
    self.properties = properties
    posix = PosixMetadata(userMetadata: properties.userMetadata)
  }

  // MARK: Looking

  var size: Int64 { bytes.size }
  /// The ETag of the base version.
  var etag: ETag? { bytes.base?.reader.etag }
  /// Whether something is not in S3.
  var isDirty: Bool { (bytesChanged || headersChanged) && !isUnlinked }
  /// Whether an object may have the name: an upload whose answer was lost may have made it.
  var mayBeInS3: Bool { bytes.base != nil || replaces != nil || !uploads.sent.isEmpty }

  /// Whether something was changed that no close has fixed yet.
  var isOpenlyChanged: Bool { isDirty && closed?.generation != generation }

  var phase: Phase {
    if closed != nil { return isOpenlyChanged ? .closedAndChanged : .closed }
    return isDirty ? .changed : .saved
  }

  /// The headers as they would be written now.
  var headers: ObjectProperties { snapshot().headers }

  // MARK: Changes

  /// Notes that a range has bytes of its own now, which `bytes.local` holds.
  mutating func wrote(_ range: Range<Int64>, _ now: Timestamp) {
    bytes.wrote(range)
    recent?.wrote(range)
    touch(now)
    wasWritten = true
  }

  mutating func copy(_ piece: CopiedRanges.Piece, _ now: Timestamp) {
    stopSending()
    bytes.copy(piece)
    recent?.copy(piece)
    touch(now)
    wasWritten = true
  }

  mutating func truncate(to size: Int64, _ now: Timestamp) {
    if size < bytes.size {
      if size == 0 { stopSending() } else { stream?.truncated(to: size) }
      recent?.truncate(to: size)
    }
    bytes.truncate(to: size)
    touch(now)
  }

  private mutating func touch(_ now: Timestamp) {
    bytesChanged = true
    recent?.bytesChanged = true
    wholeCopy = nil
    generation += 1
    writes += 1
    guard !keepsTimes else { return }
    touched = now
    posix.modified = now
    posix.changed = now
  }

  /// Gives the file other headers of its own.
  mutating func setHeaders(_ posix: PosixMetadata) {
    guard posix != self.posix else { return }
    self.posix = posix
    if isPlain && posix.updating(properties.userMetadata) == properties.userMetadata { return }
    headersChanged = true
    recent?.headersChanged = true
    generation += 1
  }

  /// Gives bytes that replace an object that object's other properties.
  mutating func setDetails(_ properties: ObjectProperties, tagCount: Int?) {
    (self.properties, self.tagCount) = (properties, tagCount)
    posix = PosixMetadata(userMetadata: properties.userMetadata)
    generation += 1
  }

  /// Sets the headers of a file that is not in S3 yet, under its new name.
  mutating func inherit(_ properties: ObjectProperties, tagCount: Int?) {
    (self.properties, self.tagCount) = (properties, tagCount.flatMap { other in self.tagCount.map { max($0, other) } })
    closed?.properties = properties
    closed?.tagCount = self.tagCount
  }

  /// Takes over headers that S3 has with the same bytes.
  mutating func takeHeaders(_ head: ObjectHead) {
    (properties, posix) = (head.properties, PosixMetadata(userMetadata: head.properties.userMetadata))
    (lastModified, tagCount) = (head.lastModified, head.tagCount)
  }

  /// Same, where bytes were written here since: times stay as they are here, and so do other changes made here.
  mutating func takeOthersHeaders(_ head: ObjectHead) {
    posix.takeOthers(head.properties, unless: headersChanged || isPlain)
    (properties, tagCount) = (head.properties, head.tagCount)
    closed?.takeOthersHeaders(head)
  }

  /// Takes over what another process left unsaved, as a closed state.
  mutating func recover(_ record: SpoolRecord, copied: CopiedRanges, local: LocalBytes) {
    bytes.size = record.size
    bytes.local = local
    bytes.changed = record.changedRanges
    bytes.copied = copied
    bytesChanged = record.bytesChanged || bytes.base == nil
    headersChanged = true
    keepsTimes = true
    generation += 1
    commit()
  }

  /// Notes that the name is gone: what is unsaved concerns only open handles. Returns the spool file whose record must
  /// be removed.
  mutating func unlink() -> SpoolFile? {
    isUnlinked = true
    stopSending()
    closed?.stream?.abandon()
    closed = nil
    return record.take()
  }

  /// Discards what the last close fixed. Returns the spool file whose record must be removed.
  mutating func dropClosed() -> SpoolFile? {
    closed?.stream?.abandon()
    (closed, recent) = (nil, nil)
    uploads.settle()
    bytes.local.thaw()
    return record.take()
  }

  /// Gives the file another name.
  mutating func move(to destination: ObjectReference) {
    if destination != reference {
      stopSending()
      closed?.stream?.abandon()
      closed?.stream = nil
    }
    reference = destination
  }

  /// Discards all bytes that are held here. Returns the spool file whose record must be removed.
  mutating func discard() -> SpoolFile? {
    stopSending()
    closed?.stream?.abandon()
    closed = nil
    bytes.local.discard()
    return record.take()
  }

  // MARK: Sending while it is written

  enum Sending {
    case none
    /// The bytes must be in a spool file first.
    case needsFile
    case started
  }

  /// Sends the parts that are finished, once a file that is written from its beginning is large enough.
  mutating func sendParts(after range: Range<Int64>, _ uploads: UploadContext) -> Sending {
    guard let first = bytes.local.ranges.ranges.first, first.lowerBound == 0 else { return .none }
    if stream == nil, first.upperBound > uploads.limits.putThreshold, isAllNew {
      guard let spool = bytes.local.spool else { return .needsFile }
      stream = PartStream(reference, properties: headers, posix: posix, spool: spool, sending: uploads)
    }
    guard let stream else { return .none }
    stream.wrote(range, available: first.upperBound)
    return .started
  }

  /// Whether nothing of the file is in S3, or in flight to it, so that its parts are those of `PartGrid`.
  private var isAllNew: Bool {
    (bytes.base?.visible ?? 0) == 0 && bytes.copied.isEmpty && wholeCopy == nil && tagCount == 0 && !isUnlinked
      && closed == nil && uploads.underWay == nil
  }

  private mutating func stopSending() {
    stream?.abandon()
    stream = nil
  }

  // MARK: Closing and saving

  /// Fixes the current state as the one to be saved: at a close, an fsync, the end of an HTTP upload. Returns its
  /// generation; nil if S3 has all of it.
  @discardableResult
  mutating func commit() -> UInt64? {
    guard isDirty else { return nil }
    guard closed?.generation != generation else { return generation }
    var state = snapshot()
    state.bytes.local = bytes.local.freeze(reserved: bytes.copied.pieces.map(\.range))
    // The stream of an earlier state was taken by its upload, or is of no use for this one.
    if let earlier = closed?.stream { earlier.abandon() }
    if uploads.underWay == nil {
      recent = RecentChanges(generation: generation, visible: bytes.size)
    } else {
      state.since = recent
    }
    state.stream = stream
    stream = nil
    closed = state
    return generation
  }

  /// Fixes what is half written when the process ends, unless an earlier close is still unsaved.
  mutating func commitAtEnd() {
    guard closed == nil else { return }
    commit()
    closed?.isHalfWritten = true
  }

  private func snapshot() -> ClosedState {
    ClosedState(
      generation: generation, bytes: bytes, bytesChanged: bytesChanged || bytes.base == nil,
      headersChanged: headersChanged, properties: properties, posix: posix, wholeCopy: wholeCopy, touched: touched,
      tagCount: tagCount, isPlain: isPlain)
  }

  /// Returns the closed state for an upload, with the early upload of its parts; nil if there is none.
  mutating func beginUpload() -> (state: ClosedState, reference: ObjectReference)? {
    guard !isUnlinked, let state = closed else { return nil }
    uploads.begin(state)
    if recent?.generation != state.generation { recent = nil }
    closed?.stream = nil
    return (state, reference)
  }

  /// Notes that an upload has succeeded: its version is the base from now on. Returns the spool file whose record must
  /// be removed.
  mutating func saved(_ saved: UploadedState) -> SpoolFile? {
    let isCurrent = generation == saved.generation
    let base = FileBytes.Base(reader: saved.reader, visible: saved.head.size)
    if isCurrent {
      bytes.saved(as: base)
      (bytesChanged, headersChanged) = (false, saved.headers != nil)
      if let headers = saved.headers { posix = headers }
    } else {
      let known = recent?.generation == saved.generation ? recent : nil
      bytes.rebase(onto: saved.reader, known)
      if let known {
        (bytesChanged, headersChanged) = (known.bytesChanged, known.headersChanged || saved.headers != nil)
      }
    }
    recent = nil
    uploads.settle()
    (lastModified, versionID, tagCount) = (saved.head.lastModified, saved.head.versionID, saved.head.tagCount)
    if saved.headers == nil { properties = saved.head.properties }
    (replaces, wholeCopy) = (nil, isCurrent ? nil : wholeCopy)
    if closed?.generation != saved.generation {
      closed?.rebase(onto: saved.reader, from: saved.generation)
    } else if let headers = saved.headers {
      closed?.posix = headers
      closed?.savedBytes(as: base)
    } else {
      closed = nil
    }
    guard closed == nil else {
      // The record names a base that S3 does not have any more.
      record.outdate()
      return nil
    }
    bytes.local.thaw()
    return record.take()
  }

  /// Notes that an upload has failed. `generation` is the state it was of.
  mutating func failed(_ error: FileSystemError, _ generation: UInt64) {
    uploads.fail(error, of: generation)
    record.outdate()
  }

  /// Prepares a retry from the beginning.
  mutating func retry() { uploads.end() }

  /// The versions that the current state and the closed one are based on.
  var baseReaders: [VersionReader] {
    let (present, closed) = (bytes.base?.reader, closed?.bytes.base?.reader)
    return [present, closed === present ? nil : closed].compactMap { $0 }
  }

  /// Notes that the server copied a version to another name, as another version.
  mutating func copied(_ old: VersionReader, to reader: VersionReader) {
    if bytes.base?.reader === old { bytes.base?.reader = reader }
    if closed?.bytes.base?.reader === old { closed?.bytes.base?.reader = reader }
  }

  // MARK: Copied ranges

  /// The two states that may have copied ranges.
  enum Layer: CaseIterable { case present, closed }

  func bytes(of layer: Layer) -> FileBytes? { layer == .present ? bytes : closed?.bytes }

  /// Accesses the bytes held by one of the states; nil if there is no closed state.
  mutating func withLocal<Result>(of layer: Layer, _ body: (inout LocalBytes) -> Result) -> Result? {
    switch layer {
    case .present: return body(&bytes.local)
    case .closed:
      guard closed != nil else { return nil }
      return body(&closed!.bytes.local)
    }
  }

  /// All ranges that are copied from other objects, of both states.
  var copiedPieces: [CopiedRanges.Piece] { bytes.copied.pieces + (closed?.bytes.copied.pieces ?? []) }

  /// Notes that bytes of a range that is copied from another object were read, and are held from now on.
  mutating func held(_ range: Range<Int64>, in layer: Layer) {
    guard layer == .present else { return closed?.bytes.held(range) ?? () }
    bytes.held(range)
    guard let recent, !recent.copied.pieces(in: range).isEmpty else { return }
    self.recent?.wrote(range)
  }

  /// Whether the closed state is recorded on disk.
  var isRecorded: Bool { closed.map { $0.generation == record.generation } ?? true }
  var isRecordedDurably: Bool { closed.map { $0.generation == record.durable } ?? true }

  /// Notes that the closed state's bytes were moved from memory to a spool file.
  mutating func movedClosed(_ generation: UInt64, to file: SpoolFile) {
    guard closed?.generation == generation, closed?.bytes.local.spool == nil else { return }
    closed?.bytes.local.moved(to: file)
    if bytes.local.isFrozenInMemory { bytes.local.moved(to: file, isFrozen: true) }
  }
}

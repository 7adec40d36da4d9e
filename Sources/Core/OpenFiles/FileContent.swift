import S3
import Synchronization

/// The contents of one file while it is open or unsaved, shared by all handles of its inode: `OpenFile`, and the disk
/// work that it requests.
///
/// Lock order: `journaling`, `changing`, `state`. Disk work is done under the first two, never under `state`.
final class FileContent: Sendable {
  private let state: Mutex<OpenFile>
  /// Held while the bytes are changed.
  private let changing = Mutex(())
  /// Held while the record is written.
  private let journaling = Mutex(())
  private let queue = Mutex(Queue())
  private let spool: SpoolDirectory
  /// Uploads parts that are finished before the file is; nil sends everything at the end.
  private let sending: UploadContext?

  init(
    reference: ObjectReference, base: FileBytes.Base?, properties: ObjectProperties, lastModified: Timestamp,
    spool: SpoolDirectory, sending: UploadContext? = nil, isPlain: Bool = false
  ) {
    self.spool = spool
    self.sending = sending
    state = Mutex(
      OpenFile(
        reference: reference, base: base, properties: properties, lastModified: lastModified, memory: spool.memory,
        isPlain: isPlain))
  }

  /// Creates contents that another process left unsaved.
  convenience init(
    recovering record: SpoolRecord, as reference: ObjectReference, bytes file: SpoolFile, base: FileBytes.Base?,
    copied: CopiedRanges, spool: SpoolDirectory, isPlain: Bool = false
  ) {
    self.init(
      reference: reference, base: base, properties: record.headers, lastModified: Timestamp(seconds: record.time),
      spool: spool, isPlain: isPlain)
    let local = LocalBytes(recovering: file, ranges: record.heldRanges, budget: spool.memory)
    with { $0.recover(record, copied: copied, local: local) }
  }

  /// Accesses the state, for reads and for changes that involve no disk work.
  func with<Result, Failure: Error>(_ body: (inout OpenFile) throws(Failure) -> Result) throws(Failure) -> Result {
    try state.withLock { (state) throws(Failure) -> Result in try body(&state) }
  }

  // MARK: Reading

  /// Returns the bytes of a range, cut at the end of the file, if they are all in memory or in the spool. `uses`: see
  /// `ContentCache.block`.
  func cachedRead(_ range: Range<Int64>, uses: Bool = true) -> ReadData? {
    FileBytes.cached(state.withLock { $0.bytes.pieces(of: range) }, uses: uses)
  }

  /// Returns the bytes of a range, cut at the end of the file. Throws what VersionReader throws.
  func read(_ range: Range<Int64>, advice: ReadAdvice) async throws(FileSystemError) -> ReadData {
    try await FileBytes.read(state.withLock { $0.bytes.pieces(of: range) }, advice: advice)
  }

  /// Fetches the bytes of ranges that are not held here: the version that they are of may be gone soon. They do not
  /// count as changed. Throws what VersionReader throws; noSpace.
  func fetch(_ gaps: [Range<Int64>], of layer: OpenFile.Layer) async throws(FileSystemError) {
    for gap in gaps {
      var offset = gap.lowerBound
      while offset < gap.upperBound, let state = with({ $0.bytes(of: layer) }) {
        let piece = offset..<min(offset + (1 << 20), gap.upperBound)
        let ahead = piece.upperBound..<min(piece.upperBound + (8 << 20), gap.upperBound)
        let bytes = try await state.read(piece, advice: ReadAdvice(ahead: [ahead])).bytes
        guard !bytes.isEmpty else { break }
        try keep(bytes, at: offset, of: layer)
        offset += Int64(bytes.count)
      }
    }
  }

  // MARK: Writing

  /// Writes, unless the writer is far ahead of what is sent meanwhile and must wait: then returns nil. Never waits for
  /// S3.
  func writeNow(
    _ bytes: RawSpan, at offset: Int64, appending: Bool, now: Timestamp, waits: Bool = true
  ) throws(FileSystemError) -> Int? {
    try changing.withLock { (_) throws(FileSystemError) -> Int? in
      let (start, isBehind) = with { (appending ? $0.size : offset, waits && $0.stream?.isBehind ?? false) }
      guard !isBehind else { return nil }
      let range = start..<start + Int64(bytes.byteCount)
      guard range.upperBound <= UploadLimits.maximumSize else { throw .tooLarge(with { $0.reference }) }
      try put(bytes, at: range) { $0.wrote(range, now) }
      try sendParts(after: range)
      return bytes.byteCount
    }
  }

  /// Waits for what must be sent first, then writes.
  func write(_ bytes: [UInt8], at offset: Int64, appending: Bool, now: Timestamp) async throws(FileSystemError) -> Int {
    var waits = true
    while true {
      if let written = try writeNow(bytes.span.bytes, at: offset, appending: appending, now: now, waits: waits) {
        return written
      }
      await with { $0.stream }?.room()
      waits = false
    }
  }

  /// Writes zeros, with no more memory than a piece of them takes.
  func writeZeros(_ range: Range<Int64>, now: Timestamp) throws(FileSystemError) {
    let chunk = [UInt8](repeating: 0, count: Int(min(Int64(range.count), 1 << 20)))
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
      let count = Int(min(range.upperBound - start, 1 << 20))
      _ = try writeNow(
        chunk.span.bytes.extracting(0..<count), at: start, appending: false, now: now, waits: false)
    }
  }

  /// Writes bytes where `LocalBytes` says, and notes them. Under `changing`.
  private func put(
    _ bytes: RawSpan, at range: Range<Int64>, in layer: OpenFile.Layer = .present, note: (inout OpenFile) -> Void
  ) throws(FileSystemError) {
    guard bytes.byteCount > 0 else { return with { note(&$0) } }
    while true {
      let place = with { file in
        let place = file.withLocal(of: layer) { $0.place(for: range) }
        if case .memory? = place {
          file.withLocal(of: layer) { $0.write(bytes, at: range.lowerBound) }
          note(&file)
        }
        return place
      }
      switch place {
      case .memory, nil: return
      case .file(let file, let reserved):
        try file.reserve(reserved)
        try file.write(bytes, at: range.lowerBound)
        return with { state in
          state.withLocal(of: layer) { $0.wrote(range) }
          note(&state)
        }
      case .newFile(let contents): try move(contents, of: layer)
      }
    }
  }

  /// Writes all bytes that are held to a spool file of its own. Under `changing`.
  private func move(
    _ contents: LocalBytes.Contents, of layer: OpenFile.Layer = .present
  ) throws(FileSystemError) {
    let file = try spool.makeFile()
    try contents.write(to: file)
    with { _ = $0.withLocal(of: layer) { $0.moved(to: file) } }
  }

  private func sendParts(after range: Range<Int64>) throws(FileSystemError) {
    guard let sending else { return }
    while case .needsFile = with({ $0.sendParts(after: range, sending) }) {
      // Without room for the file everything is sent at the end.
      do throws(FileSystemError) { try move(with { $0.bytes.local.contents }) } catch { return }
    }
  }

  /// Replaces a range of the file by a range of a version in S3, without reading it. `note` runs before, under the
  /// lock.
  func copy(
    _ source: VersionReader, _ range: Range<Int64>, to offset: Int64, now: Timestamp, noting note: () -> Void
  ) throws(FileSystemError) {
    let target = offset..<offset + Int64(range.count)
    guard target.upperBound <= UploadLimits.maximumSize else { throw .tooLarge(with { $0.reference }) }
    changing.withLock { _ in
      note()
      with { $0.copy(.init(range: target, source: source, sourceOffset: range.lowerBound), now) }
    }
  }

  /// Stores bytes that were read of a range which is still only copied, so that the source is no longer needed.
  func hold(_ bytes: [UInt8], of copied: CopiedRanges.Piece) throws(FileSystemError) {
    try changing.withLock { (_) throws(FileSystemError) in
      for layer in OpenFile.Layer.allCases {
        for piece in with({ $0.bytes(of: layer)?.copied.pieces(in: copied.range) ?? [] })
        where piece.source === copied.source && piece.sourceOffset == copied.inSource(piece.range).lowerBound {
          let start = Int(piece.range.lowerBound - copied.range.lowerBound)
          try put(bytes[start..<start + piece.range.count].span.bytes, at: piece.range, in: layer) {
            $0.held(piece.range, in: layer)
          }
        }
      }
    }
  }

  /// Stores bytes that were read of a version which will be gone: they do not count as changed.
  private func keep(
    _ bytes: [UInt8], at offset: Int64, of layer: OpenFile.Layer = .present
  ) throws(FileSystemError) {
    try changing.withLock { (_) throws(FileSystemError) in
      try put(bytes.span.bytes, at: offset..<offset + Int64(bytes.count), in: layer) { _ in }
    }
  }

  /// Stores the base's bytes of a changed file, if they are few and in memory: a close that is uploaded later must not
  /// need S3 for them.
  func keepSmallBase() {
    let gaps = with { file -> [(Range<Int64>, [FileBytes.Piece])] in
      guard file.bytesChanged, file.bytes.copied.isEmpty, let base = file.bytes.base else { return [] }
      let gaps = file.bytes.local.ranges.gaps(in: 0..<min(base.visible, file.size))
      guard gaps.reduce(0, { $0 + $1.count }) <= Self.mostKept else { return [] }
      return gaps.map { ($0, file.bytes.pieces(of: $0)) }
    }
    for (gap, pieces) in gaps {
      guard let data = FileBytes.cached(pieces, uses: false), data.count == gap.count else { return }
      try? keep(data.bytes, at: gap.lowerBound)
    }
  }

  /// The limit; a file with more is uploaded at the close.
  private static let mostKept: Int64 = 1 << 20

  /// Changes the size.
  func truncate(to size: Int64, now: Timestamp) throws(FileSystemError) {
    guard size <= UploadLimits.maximumSize else { throw .tooLarge(with { $0.reference }) }
    changing.withLock { _ in
      let unused = with { file in
        file.truncate(to: size, now)
        return file.record.file === file.bytes.local.spool ? nil : file.bytes.local.unused
      }
      if let unused { unused.file.truncate(to: unused.from) }
    }
  }

  // MARK: Closing and ending

  /// Fixes the current state as the one to be saved. Returns its generation; nil if S3 has all of it. Waits for a write
  /// in progress, which is not acknowledged yet.
  @discardableResult
  func commit() -> UInt64? { changing.withLock { _ in with { $0.commit() } } }

  /// Fixes what is half written when the process ends, unless an earlier close is still unsaved.
  func commitAtEnd() { changing.withLock { _ in with { $0.commitAtEnd() } } }

  /// Notes that the file lost its name; its bytes remain until the last handle is released. Removes its record.
  func unlink() { with { $0.unlink() }?.removeRecord() }

  /// Discards what the last close fixed. Removes its record.
  func dropClosed() { with { $0.dropClosed() }?.removeRecord() }

  /// Discards all bytes that are held here, and their record.
  func discard() { with { $0.discard() }?.removeRecord() }

  /// Notes that an upload of the closed state has succeeded.
  func saved(_ saved: UploadedState) { with { $0.saved(saved) }?.removeRecord() }

  // MARK: The record

  /// Returns the record of the closed state and the spool file that has its bytes, after it was recorded on disk; nil
  /// if there is none.
  func writtenDown(at time: Timestamp) -> (record: SpoolRecord, file: SpoolFile)? {
    with { file in
      guard let closed = file.closed, let spool = closed.bytes.local.spool else { return nil }
      let record = SpoolRecord(
        closed, of: file.reference, replaces: file.replaces, sent: file.uploads.sent, reason: nil, sequence: 0,
        time: time)
      return (record, spool)
    }
  }

  /// Records the closed state on disk, so that it survives the process; with `durably` also the machine. Blocks: on the
  /// spool's thread when durable. Throws noSpace, ioFailure.
  func journal(at time: Timestamp, durably: Bool) throws(FileSystemError) {
    // A retry that fails and the end of the run may both come here: the newest state must be written last.
    try journaling.withLock { (_) throws(FileSystemError) in
      let known = with { file in
        file.closed.map { (state: $0, isRecorded: durably ? file.isRecordedDurably : file.isRecorded) }
      }
      guard var closed = known?.state, known?.isRecorded == false else { return }
      if closed.bytes.local.spool == nil {
        let file = try spool.makeFile()
        try closed.bytes.local.contents.write(to: file)
        with { $0.movedClosed(closed.generation, to: file) }
        closed.bytes.local.moved(to: file)
      }
      guard let file = closed.bytes.local.spool else { return }
      let (reference, replaces, sent, failure, revision) = with {
        ($0.reference, $0.replaces, $0.uploads.sent, $0.uploads.failure, $0.record.revision)
      }
      let record = SpoolRecord(
        closed, of: reference, replaces: replaces, sent: sent, reason: failure?.message,
        sequence: spool.nextSequence(), time: time)
      guard let bytes = record.encoded else { return }
      try file.record(bytes, durably: durably)
      let older = with { state in
        // Unlinked or saved in the meantime: there is nothing to recover.
        guard state.closed != nil else { return file as SpoolFile? }
        return state.record.wrote(closed.generation, at: revision, beside: file, durably: durably)
      }
      older?.removeRecord()
    }
  }

  // MARK: One at a time

  private struct Queue {
    var isTaken = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  /// Waits until no other upload, rename or removal of the file is in progress. Not cancellable: the wait is as long as
  /// an upload, which has its own deadline.
  func beginExclusive() async {
    await withCheckedContinuation { continuation in
      let isFree = queue.withLock { queue in
        guard queue.isTaken else {
          queue.isTaken = true
          return true
        }
        queue.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func endExclusive() {
    let next = queue.withLock { queue in
      guard !queue.waiting.isEmpty else {
        queue.isTaken = false
        return nil as CheckedContinuation<Void, Never>?
      }
      return queue.waiting.removeFirst()
    }
    next?.resume()
  }

  /// Runs `body` with exclusive access to several files, acquired in an order that is the same for all callers.
  static func exclusively<Result>(
    _ contents: [FileContent?], _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    var chosen: [FileContent] = []
    for case let content? in contents where !chosen.contains(where: { $0 === content }) { chosen.append(content) }
    chosen.sort { ObjectIdentifier($0) < ObjectIdentifier($1) }
    for content in chosen { await content.beginExclusive() }
    defer { for content in chosen { content.endExclusive() } }
    return try await body()
  }

  func exclusively<Result>(
    _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    await beginExclusive()
    defer { endExclusive() }
    return try await body()
  }
}

extension FileContent {
  /// Takes over the headers of a version, which may be newer than the bytes. Returns whether this is, unchanged, that
  /// version.
  func takesHeaders(_ head: ObjectHead) -> Bool {
    with { state in
      guard !state.isDirty, state.etag == head.etag else { return false }
      state.takeHeaders(head)
      return true
    }
  }
}

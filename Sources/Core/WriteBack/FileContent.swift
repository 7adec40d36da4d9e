import S3
import Synchronization

/// The contents of one file while it is open or unsaved: a base version in S3, bytes held here, and what is not yet
/// uploaded. All handles of an inode share it.
///
/// Changes wait while an upload is under way, so that what is uploaded is one state of the file.
final class FileContent: Sendable {
  /// The version that the bytes not held here come from.
  struct Base: Sendable {
    var reader: VersionReader
    /// How much of it is still part of the file: a truncation hides the rest for good.
    var visible: Int64
  }

  struct State {
    var reference: ObjectReference
    var base: Base?
    /// Without a base: the object that stands at the name in S3 and will be replaced, if one is known.
    var replaces: ETag?
    var size: Int64
    var local: LocalBytes
    /// The ranges whose bytes are another version's, where `local` has none.
    var copied = CopiedRanges()
    /// What object the file is a copy of so far, if it is new and nothing else.
    var wholeCopy: WholeCopy?
    /// The ranges written since the last upload; not those in `copied`.
    var changed = ByteRangeSet()
    /// The upload that goes on while a large new file is written.
    var stream: PartStream?
    /// When bytes were last written: kept times that equal it were set by nobody.
    var touched: Timestamp?
    /// Something is not in S3: bytes (or the file's very existence), or only headers.
    var bytesChanged: Bool
    var headersChanged = false
    /// Something was written since the file was created or truncated by opening it.
    var wasWritten = false
    /// S3's time of the base version, or the time of creation.
    var lastModified: Timestamp
    var properties: ObjectProperties
    var posix: PosixMetadata
    /// Whether writes leave the kept times alone (an upload whose sender says what they are).
    var keepsTimes = false
    /// Of the version last uploaded.
    var versionID: String?
    /// How many tags the object has: a PUT drops them, so it must write them again.
    var tagCount = 0
    var handles = 0
    /// Unlinked files are never uploaded.
    var isUnlinked = false
    /// Why the last upload failed, until one succeeds.
    var failure: FileSystemError?
    /// How many uploads have failed, and which generation the last one was of.
    var failures = 0
    var failedAt: UInt64?
    /// Grows with each change.
    var generation: UInt64 = 0
    /// The generation that the spool's record tells of, if there is one.
    var journaled: UInt64?
    /// The same, of a record that survives the machine's end.
    var journaledDurably: UInt64?
    fileprivate var isExclusive = false
    fileprivate var waiting: [CheckedContinuation<Void, Never>] = []

    var isDirty: Bool { (bytesChanged || headersChanged) && !isUnlinked }
  }

  /// The largest object S3 stores.
  static let maximumSize: Int64 = 5 << 40

  private let state: Mutex<State>
  /// Held while the record is written (`journal`), before `state` where both are.
  let journaling = Mutex(())
  /// Where parts go that are finished before the file is; nil sends all at the end.
  let sending: PartSending?

  init(
    reference: ObjectReference, base: Base?, properties: ObjectProperties, lastModified: Timestamp,
    spool: SpoolDirectory, sending: PartSending? = nil
  ) {
    self.sending = sending
    state = Mutex(
      State(
        reference: reference, base: base, size: base?.reader.size ?? 0, local: LocalBytes(in: spool),
        bytesChanged: base == nil, lastModified: lastModified, properties: properties,
        posix: PosixMetadata(userMetadata: properties.userMetadata)))
  }

  /// Looks at the state, or changes what an upload under way does not depend on.
  func with<Result, Failure: Error>(_ body: (inout State) throws(Failure) -> Result) throws(Failure) -> Result {
    try state.withLock { (state) throws(Failure) -> Result in try body(&state) }
  }

  // MARK: Reading

  /// The bytes of a range, cut at the end of the file, if they are all in memory or in the spool. `uses`: see
  /// `ContentCache.block`.
  func cachedRead(_ range: Range<Int64>, uses: Bool = true) -> ReadData? {
    guard let pieces = try? plan(range) else { return nil }
    var data = ReadData()
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): data.append(bytes[...])
      case .version(let reader, let range):
        guard let known = reader.cached(range, uses: uses) else { return nil }
        for slice in known.slices { data.append(slice) }
      }
    }
    return data
  }

  /// The bytes of a range, cut at the end of the file. Throws what VersionReader throws.
  func read(_ range: Range<Int64>, advice: ReadAdvice) async throws(FileSystemError) -> ReadData {
    let pieces = try plan(range)
    var data = ReadData()
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): data.append(bytes[...])
      case .version(let reader, let range):
        for slice in try await reader.read(range, advice: advice).slices { data.append(slice) }
      }
    }
    return data
  }

  private enum Piece {
    case bytes([UInt8])
    case version(VersionReader, Range<Int64>)
  }

  /// Where the bytes of a range come from.
  private func plan(_ range: Range<Int64>) throws(FileSystemError) -> [Piece] {
    try state.withLock { (state) throws(FileSystemError) in
      var pieces: [Piece] = []
      for part in state.local.ranges.covered(in: range.clamped(to: 0..<state.size)) {
        switch part {
        case .covered(let held): pieces.append(.bytes(try state.local.read(held)))
        case .gap(let gap):
          for origin in state.origins(of: gap) {
            switch origin {
            case .version(let reader, let range): pieces.append(.version(reader, range))
            case .zeros(let count): pieces.append(.bytes([UInt8](repeating: 0, count: count)))
            }
          }
        }
      }
      return pieces
    }
  }

  // MARK: Writing

  /// Writes, unless an upload is under way, or the writer is far ahead of what is sent meanwhile and is to wait: then
  /// nil.
  func writeNow(
    _ bytes: RawSpan, at offset: Int64, appending: Bool, now: Timestamp, waits: Bool = true
  ) throws(FileSystemError) -> Int? {
    try state.withLock { (state) throws(FileSystemError) -> Int? in
      guard !state.isExclusive, !waits || !(state.stream?.isBehind ?? false) else { return nil }
      let offset = appending ? state.size : offset
      guard offset + Int64(bytes.byteCount) <= Self.maximumSize else {
        throw .tooLarge(state.reference)
      }
      let range = offset..<offset + Int64(bytes.byteCount)
      try state.local.write(bytes, at: offset)
      state.wrote(range, now)
      state.sendParts(after: range, sending)
      return bytes.byteCount
    }
  }

  /// Waits for an upload under way, or for what must be sent first, then writes.
  func write(_ bytes: [UInt8], at offset: Int64, appending: Bool, now: Timestamp) async throws(FileSystemError) -> Int {
    var waits = true
    while true {
      if let written = try writeNow(bytes.span.bytes, at: offset, appending: appending, now: now, waits: waits) {
        return written
      }
      if let stream = state.withLock({ $0.isExclusive ? nil : $0.stream }) {
        await stream.room()
        waits = false
      } else {
        await passExclusive()
      }
    }
  }

  /// Takes a range of a version in S3 for a range of the file, without reading it.
  func copy(
    _ source: VersionReader, _ range: Range<Int64>, to offset: Int64, now: Timestamp, noting targets: CopyTargets
  ) async throws(FileSystemError) {
    let target = offset..<offset + Int64(range.count)
    guard target.upperBound <= Self.maximumSize else { throw .tooLarge(state.withLock { $0.reference }) }
    while true {
      let isDone = state.withLock { state in
        guard !state.isExclusive else { return false }
        state.stopSending()
        state.local.forget(target)
        state.wrote(target, now)
        state.changed.remove(target)
        targets.add(self)
        state.copied.insert(.init(range: target, source: source, sourceOffset: range.lowerBound))
        return true
      }
      if isDone { return }
      await passExclusive()
    }
  }

  /// Takes bytes that were read of what is still only copied in a range, so that the source is no longer needed.
  func hold(_ bytes: [UInt8], of range: Range<Int64>) throws(FileSystemError) {
    try state.withLock { (state) throws(FileSystemError) in
      for piece in state.copied.pieces(in: range) {
        let start = Int(piece.range.lowerBound - range.lowerBound)
        let held = bytes[start..<start + piece.range.count]
        try state.local.write(held.span.bytes, at: piece.range.lowerBound)
        state.changed.insert(piece.range)
        state.copied.remove(piece.range)
      }
    }
  }

  /// Changes the size. Must be called exclusively.
  func truncate(to size: Int64, now: Timestamp) throws(FileSystemError) {
    try state.withLock { (state) throws(FileSystemError) in
      guard size <= Self.maximumSize else {
        throw .tooLarge(state.reference)
      }
      if size < state.size {
        state.local.truncate(to: size)
        state.changed.truncate(to: size)
        state.copied.truncate(to: size)
        if size == 0 { state.stopSending() } else { state.stream?.truncated(to: size) }
        let visible = state.base?.visible ?? 0
        state.base?.visible = min(visible, size)
      }
      state.size = size
      state.touch(now)
    }
  }

  // MARK: One at a time

  /// Waits until nobody else has the file exclusively. Not cancellable: the wait is as long as an upload, which has
  /// its own deadline.
  func beginExclusive() async {
    await withCheckedContinuation { continuation in
      let free = state.withLock { state in
        guard state.isExclusive else {
          state.isExclusive = true
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if free { continuation.resume() }
    }
  }

  func endExclusive() {
    let next = state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isExclusive = false
        return nil as CheckedContinuation<Void, Never>?
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }

  /// Waits until it is free.
  private func passExclusive() async {
    await beginExclusive()
    endExclusive()
  }

  func exclusively<Result>(
    _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    await beginExclusive()
    defer { endExclusive() }
    return try await body()
  }
}

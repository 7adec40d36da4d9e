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
    var size: Int64
    var local: LocalBytes
    /// The ranges written since the last upload.
    var changed = ByteRangeSet()
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

  init(
    reference: ObjectReference, base: Base?, properties: ObjectProperties, lastModified: Timestamp,
    spool: SpoolDirectory
  ) {
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

  /// The bytes of a range, cut at the end of the file, if they are all in memory or in the spool.
  func cachedRead(_ range: Range<Int64>) -> ReadData? {
    guard let (pieces, base) = try? plan(range) else { return nil }
    var data = ReadData()
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): data.append(bytes[...])
      case .base(let range):
        guard let known = base?.reader.cached(range) else { return nil }
        for slice in known.slices { data.append(slice) }
      }
    }
    return data
  }

  /// The bytes of a range, cut at the end of the file. Throws what VersionReader throws.
  func read(_ range: Range<Int64>, advice: ReadAdvice) async throws(FileSystemError) -> ReadData {
    let (pieces, base) = try plan(range)
    var data = ReadData()
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): data.append(bytes[...])
      case .base(let range):
        guard let base else { throw .incomplete }
        for slice in try await base.reader.read(range, advice: advice).slices { data.append(slice) }
      }
    }
    return data
  }

  private enum Piece {
    case bytes([UInt8])
    case base(Range<Int64>)
  }

  /// Where the bytes of a range come from.
  private func plan(_ range: Range<Int64>) throws(FileSystemError) -> (pieces: [Piece], base: Base?) {
    try state.withLock { (state) throws(FileSystemError) in
      let range = range.clamped(to: 0..<state.size)
      var pieces: [Piece] = []
      for part in state.local.ranges.covered(in: range) {
        switch part {
        case .covered(let held): pieces.append(.bytes(try state.local.read(held)))
        case .gap(let gap):
          let inBase = gap.clamped(to: 0..<(state.base?.visible ?? 0))
          if !inBase.isEmpty { pieces.append(.base(inBase)) }
          if gap.upperBound > inBase.upperBound || inBase.isEmpty {
            let zeros = max(gap.lowerBound, inBase.isEmpty ? gap.lowerBound : inBase.upperBound)..<gap.upperBound
            if !zeros.isEmpty { pieces.append(.bytes([UInt8](repeating: 0, count: zeros.count))) }
          }
        }
      }
      return (pieces, state.base)
    }
  }

  // MARK: Writing

  /// Writes, unless an upload is under way: then nil.
  func writeNow(
    _ bytes: RawSpan, at offset: Int64, appending: Bool, now: Timestamp
  ) throws(FileSystemError) -> Int? {
    try state.withLock { (state) throws(FileSystemError) -> Int? in
      guard !state.isExclusive else { return nil }
      let offset = appending ? state.size : offset
      guard offset + Int64(bytes.byteCount) <= Self.maximumSize else {
        throw FileSystemError(.tooLarge, "\(state.reference): S3 stores at most 5 TiB in one object")
      }
      try state.local.write(bytes, at: offset)
      state.changed.insert(offset..<offset + Int64(bytes.byteCount))
      state.size = max(state.size, offset + Int64(bytes.byteCount))
      state.touch(now)
      state.wasWritten = true
      return bytes.byteCount
    }
  }

  /// Waits for an upload under way, then writes.
  func write(_ bytes: [UInt8], at offset: Int64, appending: Bool, now: Timestamp) async throws(FileSystemError) -> Int {
    while true {
      if let written = try writeNow(bytes.span.bytes, at: offset, appending: appending, now: now) { return written }
      await beginExclusive()
      endExclusive()
    }
  }

  /// Changes the size. Must be called exclusively.
  func truncate(to size: Int64, now: Timestamp) throws(FileSystemError) {
    try state.withLock { (state) throws(FileSystemError) in
      guard size <= Self.maximumSize else {
        throw FileSystemError(.tooLarge, "\(state.reference): S3 stores at most 5 TiB in one object")
      }
      if size < state.size {
        state.local.truncate(to: size)
        state.changed.truncate(to: size)
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

  func exclusively<Result>(
    _ body: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    await beginExclusive()
    defer { endExclusive() }
    return try await body()
  }
}

extension FileContent.State {
  /// The bytes changed now.
  mutating func touch(_ now: Timestamp) {
    bytesChanged = true
    generation += 1
    guard !keepsTimes else { return }
    posix.modified = now
    posix.changed = now
  }

  /// The name is gone: what is unsaved concerns nobody but those who have the file open.
  mutating func unlink() {
    isUnlinked = true
    local.spool?.removeRecord()
  }

  /// The headers to be written with the object.
  var headers: ObjectProperties {
    var headers = properties
    headers.userMetadata = posix.merged(into: properties.userMetadata)
    return headers
  }
}

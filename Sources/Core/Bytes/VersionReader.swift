import S3
import Synchronization

/// Reads one version of an object: from the caches in memory and on disk, or by ranged GETs with If-Match, several at
/// once.
///
/// Every byte that it ever returns is of its version; once the object was replaced, bytes that are not cached are
/// `stale`.
final class VersionReader: Sendable {
  /// The minimum size of a random read's fetch, which is aligned to it where that is enough.
  static let smallFetch: Int64 = 16 << 10

  private struct State {
    /// The name of the object, which follows renames.
    var reference: ObjectReference
    var fetches: [Int64: BlockFetch] = [:]
    var tasks: [ObjectIdentifier: Task<Void, Never>] = [:]
  }

  let etag: ETag
  let size: Int64
  private let id: UInt64
  /// The ID of a version that may not be the newest; nil reads the newest as long as it has the ETag.
  private let versionID: String?
  private let store: any ObjectStore
  private let cache: ContentCache
  private let state: Mutex<State>

  init(
    reference: ObjectReference, etag: ETag, size: Int64, id: UInt64, store: any ObjectStore, cache: ContentCache,
    versionID: String? = nil
  ) {
    self.etag = etag
    self.size = size
    self.id = id
    self.store = store
    self.cache = cache
    self.versionID = versionID
    state = Mutex(State(reference: reference))
  }

  deinit { state.withLock { for task in $0.tasks.values { task.cancel() } } }

  /// The name of the object that has the version.
  var reference: ObjectReference { state.withLock { $0.reference } }
  /// Whether the version is read as the newest, so that S3 copies it by its name.
  var isNewest: Bool { versionID == nil }

  func move(to reference: ObjectReference) { state.withLock { $0.reference = reference } }

  /// Returns the bytes of a range (cut at the end of the version) if all are in memory. `uses`: see
  /// `ContentCache.block`.
  func cached(_ wanted: Range<Int64>, uses: Bool = true) -> ReadData? {
    let wanted = wanted.clamped(to: 0..<size)
    var data = ReadData()
    let pieces = pieces(of: wanted)
    for piece in pieces {
      guard let block = covering(piece, uses: uses) else { return nil }
      data.append(block.slice(piece.range))
    }
    cache.use.hit(pieces.count)
    return data
  }

  /// Reads a range (cut at the end of the version), and begins to prefetch what will likely be read next. Throws stale,
  /// timedOut, ioFailure and other errors of S3.
  func read(_ wanted: Range<Int64>, advice: ReadAdvice) async throws(FileSystemError) -> ReadData {
    let wanted = wanted.clamped(to: 0..<size)
    guard !wanted.isEmpty else { return ReadData() }
    fetchMissing(wanted, isRandom: !advice.isSequential)
    prefetch(advice.ahead)
    // Backwards: bytes arrive in order, so that when the last ones are here the others are too, and no wakeup is needed
    // for them.
    var slices: [ArraySlice<UInt8>] = []
    for piece in pieces(of: wanted).reversed() { slices.append(try await bytes(of: piece, uses: !advice.isSequential)) }
    var data = ReadData()
    for slice in slices.reversed() { data.append(slice) }
    return data
  }

  /// Begins to fetch the ranges that are not in memory, without waiting.
  func prefetch(_ ranges: [Range<Int64>]) {
    for range in ranges { fetchMissing(range.clamped(to: 0..<size), isRandom: false) }
  }

  /// Returns where those bytes are on disk, if all of them are.
  func keptPart(_ range: Range<Int64>) -> DiskCachePart? {
    keptObject.flatMap { cache.kept?.part(of: $0, range.clamped(to: 0..<size)) }
  }

  /// Same as `keptPart`, but waits for blocks that are being written, if no others are missing.
  func keptPartSoon(_ range: Range<Int64>) async -> DiskCachePart? {
    guard let kept = cache.kept, let object = keptObject else { return nil }
    return await kept.partSoon(of: object, id: id, range.clamped(to: 0..<size))
  }

  /// The version as the disk cache identifies it. Older versions are read once, by a user who looks for something: the
  /// disk is for the newest.
  private var keptObject: DiskCacheObject? {
    isNewest ? DiskCacheObject(version: .init(reference: reference, etag: etag), size: size) : nil
  }

  // MARK: Pieces

  /// The part of a range that is in one block.
  private struct Piece {
    var index: Int64
    var range: Range<Int64>
  }

  private func pieces(of range: Range<Int64>) -> [Piece] {
    guard !range.isEmpty else { return [] }
    let size = ContentCache.blockSize
    return ContentCache.blocks(of: range).map { index in
      Piece(index: index, range: range.clamped(to: index * size..<(index + 1) * size))
    }
  }

  private func covering(_ piece: Piece, uses: Bool) -> ContentCache.Block? {
    let block = cache.block(piece.index, of: id, uses: uses)
    return block.flatMap { $0.range.contains(piece.range) ? $0 : nil }
  }

  private func bytes(of piece: Piece, uses: Bool) async throws(FileSystemError) -> ArraySlice<UInt8> {
    // The first wait may be for a fetch that covers only a part of the block, the next is for the whole block.
    for _ in 0..<3 {
      if let block = covering(piece, uses: uses) { return block.slice(piece.range) }
      let fetch = state.withLock { $0.fetches[piece.index] } ?? begin(wholeBlocks(piece.range))
      let block = try await fetch.block(piece.index).get()
      if block.range.contains(piece.range) { return block.slice(piece.range) }
      state.withLock { if $0.fetches[piece.index] === fetch { $0.fetches[piece.index] = nil } }
    }
    throw .incomplete
  }

  // MARK: Fetching

  private func fetchMissing(_ range: Range<Int64>, isRandom: Bool) {
    var run: Range<Int64>?
    for piece in pieces(of: range) {
      let known = covering(piece, uses: false) != nil || state.withLock { $0.fetches[piece.index] != nil }
      if known {
        if let run { begin(extent(run, isRandom: isRandom)) }
        run = nil
      } else {
        run = (run?.lowerBound ?? piece.range.lowerBound)..<piece.range.upperBound
      }
    }
    if let run { begin(extent(run, isRandom: isRandom)) }
  }

  private func extent(_ run: Range<Int64>, isRandom: Bool) -> Range<Int64> {
    guard isRandom && run.count < ContentCache.blockSize / 2 else { return wholeBlocks(run) }
    let aligned = run.lowerBound / Self.smallFetch * Self.smallFetch
    // One unit, even where the run spans two.
    let start = run.upperBound <= aligned + Self.smallFetch ? aligned : run.lowerBound
    return (start..<max(start + Self.smallFetch, run.upperBound)).clamped(to: 0..<size)
  }

  private func wholeBlocks(_ range: Range<Int64>) -> Range<Int64> {
    let unit = ContentCache.blockSize
    return (range.lowerBound / unit * unit..<(range.upperBound + unit - 1) / unit * unit).clamped(to: 0..<size)
  }

  @discardableResult
  private func begin(_ range: Range<Int64>) -> BlockFetch {
    let object = keptObject
    let fetch = BlockFetch(range: range) { [cache, id] block, isKept in
      if let object, !isKept { cache.insert(block, of: object, id: id) } else { cache.insert(block, of: id) }
    }
    cache.use.miss(fetch.blockIndices.count)
    let reference = state.withLock { state in
      for index in fetch.blockIndices { state.fetches[index] = fetch }
      return state.reference
    }
    let task = Task { [weak self, store, cache, etag, versionID] in
      let outcome: Result<Void, FileSystemError>
      if let object { await cache.kept?.read(object, into: fetch) }
      do throws(S3Error) {
        let rest = fetch.rest
        if !rest.isEmpty {
          try await store.getObject(
            reference, range: rest, conditions: ReadConditions(ifMatch: etag), versionID: versionID, into: fetch)
        }
        outcome = .success(())
      } catch {
        outcome = .failure(FileSystemError(reading: error))
      }
      self?.finished(fetch)
      fetch.end(outcome)
    }
    state.withLock { $0.tasks[ObjectIdentifier(fetch)] = task }
    if fetch.hasEnded { finished(fetch) }
    return fetch
  }

  private func finished(_ fetch: BlockFetch) {
    state.withLock { state in
      state.tasks[ObjectIdentifier(fetch)] = nil
      for index in fetch.blockIndices where state.fetches[index] === fetch { state.fetches[index] = nil }
    }
  }
}

extension Range where Bound == Int64 {
  func contains(_ other: Range<Int64>) -> Bool {
    lowerBound <= other.lowerBound && other.upperBound <= upperBound
  }
}

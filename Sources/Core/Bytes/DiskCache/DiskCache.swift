private import Dispatch
import S3
import Synchronization

/// The second level of the content cache: blocks of object versions on disk, which outlive the process.
///
/// Each object has one file, in a directory for each endpoint. Several processes may share it, and a killed process
/// leaves nothing harmful: each block has its checksum (`DiskCacheFormat`). Nothing here is ever required: a block that
/// cannot be read or written counts as never cached.
///
/// Blocks are written when nothing has been fetched for a while, so that reading from S3 does not wait for the disk;
/// those of an object that memory does not hold are written at once. Blocks that memory evicts before that are not
/// written: reading through very many files does not fill the disk.
final class DiskCache: Sendable {
  private struct State {
    var index = DiskCacheIndex()
    /// Whether the directory has been read: until then any object may be in it.
    var isLoaded = false
    var queue = DiskCacheWriteQueue()
    var finishing: [Finish] = []
    var lastActivity: ContinuousClock.Instant
    var open: LRUCache<DiskCacheName, DiskCacheFile> = LRUCache(capacity: 32)
  }

  /// A caller that waits until all blocks are written.
  private struct Finish {
    let isAll: Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  /// How long fetches must pause before waiting blocks are written.
  static let usualPause = Duration.milliseconds(300)
  /// The free space on the disk that is left to others, in bytes.
  private static let leftFree: Int64 = 1 << 30
  /// The number of blocks written before the next check whether a reader is active.
  private static let batch = 16

  private let directory: String
  private let limit: Int64
  private let pause: Duration
  private let state: Mutex<State>
  private let thread = Mutex<BackgroundThread?>(nil)
  /// One thread: more would each have their own part of the heap, and most reads hit the page cache.
  private let reading = DispatchQueue(label: "localstackmount.kept.read")

  /// - Parameters:
  ///   - directory: created if it does not exist. Its contents are read in the background.
  ///   - limit: of all files, in bytes on disk.
  init(directory: String, limit: Int64, pause: Duration = usualPause) {
    self.directory = directory
    self.limit = limit
    self.pause = pause
    state = Mutex(State(lastActivity: .now))
    let thread = BackgroundThread { [weak self] in self?.work() ?? .end }
    self.thread.withLock { $0 = thread }
  }

  deinit { thread.withLock { $0 }?.wake() }

  /// The size of all files on disk, in bytes.
  var heldBytes: Int64 { state.withLock { $0.index.bytes } }

  // MARK: Reading

  /// Returns whether something may be cached of an object, of this version or another. Never blocks.
  func mayHold(_ reference: ObjectReference) -> Bool {
    let isEmpty = state.withLock { $0.isLoaded && $0.index.entries.isEmpty }
    if isEmpty { return false }
    let name = DiskCacheName(reference)
    return state.withLock { !$0.isLoaded || $0.index.contains(name) }
  }

  /// Gives a fetch the cached blocks, in order, up to the first one that is missing.
  func read(_ object: DiskCacheObject, into fetch: BlockFetch) async {
    guard mayHold(object.version.reference) else { return }
    let work = { @Sendable [weak self] in
      guard let file = self?.file(of: object) else { return }
      for index in fetch.blockIndices {
        guard let block = file.block(index), fetch.take(block) else { return }
      }
    }
    await withCheckedContinuation { continuation in
      reading.async {
        work()
        continuation.resume()
      }
    }
    state.withLock { $0.lastActivity = .now }
  }

  /// Returns a range of a version, if all of it is on disk and was verified. Never blocks.
  func part(of object: DiskCacheObject, _ range: Range<Int64>) -> DiskCachePart? {
    guard let file = openFile(of: object), file.untrusted(range, first: 1).isEmpty else { return nil }
    return DiskCachePart(file: file, range: range)
  }

  /// Same as `part`, also if the missing blocks pass through memory now: waits until all of these are written, where
  /// they are not more than the range itself.
  /// - Parameter id: the number that the version has in memory.
  func partSoon(of object: DiskCacheObject, id: UInt64, _ range: Range<Int64>) async -> DiskCachePart? {
    if let part = part(of: object, range) { return part }
    let missing = openFile(of: object)?.untrusted(range) ?? Array(ContentCache.blocks(of: range))
    let isWorthIt = state.withLock { state in
      state.queue.passingBytes <= range.count && missing.allSatisfy { state.queue.isOnItsWay($0, of: id) }
    }
    guard isWorthIt else { return nil }
    await finish(isAll: false)
    return part(of: object, range)
  }

  private func openFile(of object: DiskCacheObject) -> DiskCacheFile? {
    let name = DiskCacheName(object.version.reference)
    return state.withLock { $0.open.get(name) }.flatMap { $0.format.object == object ? $0 : nil }
  }

  /// Returns the file of a version, if there is one. A file of another version is stale and is removed.
  private func file(of object: DiskCacheObject) -> DiskCacheFile? {
    let name = DiskCacheName(object.version.reference)
    let (known, isThere) = state.withLock { ($0.open.get(name), !$0.isLoaded || $0.index.contains(name)) }
    if let known, known.format.object == object, known.isNamed { return known }
    guard isThere else { return nil }
    guard let file = DiskCacheFile.open(path(of: name), format: DiskCacheFormat(object)) else {
      remove(name)
      return nil
    }
    file.touch()
    opened(file)
    return file
  }

  /// Notes that a file exists, and its size.
  private func opened(_ file: DiskCacheFile) {
    let name = file.format.name
    let entry = DiskCacheIndex.Entry(bytes: file.bytes, used: Self.seconds)
    state.withLock { state in
      state.open.set(name, file)
      state.index.set(name, entry)
    }
  }

  // MARK: Writing

  /// Takes a block that came from S3 and is going to be in memory, under the number that its version has there. With
  /// `isPassing` it is one of more blocks than memory holds.
  func fetched(_ block: ContentCache.Block, of object: DiskCacheObject, id: UInt64, isPassing: Bool) {
    guard object.isWhole(block), object.size <= limit else { return }
    let wakes = state.withLock { state in
      defer { state.queue.add(block, of: object, id: id, isPassing: isPassing) }
      state.lastActivity = .now
      return state.queue.isEmpty || isPassing && state.queue.isPassingMuch(after: block.bytes.count)
    }
    if wakes { thread.withLock { $0 }?.wake() }
  }

  /// Notes that memory has evicted blocks.
  func evicted(_ blocks: [(index: Int64, id: UInt64)]) {
    state.withLock { state in
      for block in blocks { state.queue.evicted(block.index, of: block.id) }
    }
  }

  /// Removes what is cached of an object that has other bytes, or no longer exists.
  func forget(_ reference: ObjectReference) {
    guard mayHold(reference) else { return }
    let name = DiskCacheName(reference)
    reading.async { [weak self] in self?.remove(name) }
  }

  /// Flushes the waiting blocks, for no longer than a moment. For the end of the process.
  func finish() async { await finish(isAll: true) }

  private func finish(isAll: Bool) async {
    guard let thread = thread.withLock({ $0 }) else { return }
    await withCheckedContinuation { continuation in
      state.withLock { $0.finishing.append(Finish(isAll: isAll, continuation: continuation)) }
      thread.wake()
    }
  }

  /// Does the next piece of the thread's work.
  private func work() -> BackgroundThread.Next {
    if !state.withLock({ $0.isLoaded }) { load() }
    while true {
      finishNow()
      let quiet = state.withLock { ContinuousClock.now - $0.lastActivity }
      let entries = state.withLock {
        quiet < pause ? $0.queue.takePassing(Self.batch, ifMuch: true) : $0.queue.take(Self.batch)
      }
      if !entries.isEmpty {
        write(entries)
      } else if quiet < pause {
        return .wait(pause - quiet)
      } else {
        return .wait(nil)
      }
    }
  }

  private func finishNow() {
    let waiting = state.withLock { state in
      defer { state.finishing = [] }
      return state.finishing
    }
    guard !waiting.isEmpty else { return }
    let isAll = waiting.contains { $0.isAll }
    let deadline = ContinuousClock.now + .seconds(1)
    while ContinuousClock.now < deadline {
      let entries = state.withLock {
        isAll ? $0.queue.take(Self.batch) : $0.queue.takePassing(Self.batch, ifMuch: false)
      }
      if entries.isEmpty { break }
      write(entries)
    }
    for finish in waiting { finish.continuation.resume() }
  }

  private func write(_ entries: [DiskCacheWriteQueue.Entry]) {
    guard !entries.isEmpty, (Disk.freeBytes(at: directory) ?? 0) > Self.leftFree else { return }
    var file: DiskCacheFile?
    for entry in entries {
      do throws(FileSystemError) {
        if let written = file, written.format.object != entry.object {
          opened(written)
          file = nil
        }
        if file == nil { file = try fileToWrite(entry.object) }
        guard let file, !file.has(entry.block.offset / ContentCache.blockSize) else { continue }
        try file.write(entry.block)
      } catch { return }
    }
    if let file { opened(file) }
    makeRoom()
  }

  private func fileToWrite(_ object: DiskCacheObject) throws(FileSystemError) -> DiskCacheFile {
    if let file = file(of: object) { return file }
    let format = DiskCacheFormat(object)
    return try DiskCacheFile.create(path(of: format.name), format: format)
  }

  // MARK: Room

  private func load() {
    try? Disk.createDirectory(directory)
    let index = readDirectory()
    state.withLock { state in
      for (name, entry) in index.entries where !state.index.contains(name) { state.index.set(name, entry) }
      state.isLoaded = true
    }
    makeRoom()
  }

  private func readDirectory() -> DiskCacheIndex {
    var index = DiskCacheIndex()
    for fileName in Disk.names(in: directory) {
      guard let status = Disk.status("\(directory)/\(fileName)") else { continue }
      if let name = DiskCacheName(fileName) {
        index.set(name, .init(bytes: status.bytesOnDisk, used: status.modified))
      } else if Self.seconds - status.modified > 3600 {
        // Left by a process that died while it created the file.
        Disk.remove("\(directory)/\(fileName)")
      }
    }
    return index
  }

  private func makeRoom() {
    guard state.withLock({ $0.index.isOver(limit) }) else { return }
    // A file's own time is that of its opening: those that are open are in use, the last of the keys for the longest time.
    for file in state.withLock({ state in state.open.keys.reversed().compactMap { state.open.peek($0) } }) {
      file.touch()
    }
    // Other processes may have added files, or removed some.
    var index = readDirectory()
    let removed = index.removeOldest(limit: limit)
    state.withLock { state in
      for name in removed { state.open.remove(name) }
      state.index = index
    }
    for name in removed { Disk.remove(path(of: name)) }
  }

  /// Removes everything, where the disk is needed for unsaved files. Returns whether there was something.
  func giveUpAll() -> Bool {
    let names = state.withLock { state in
      defer { (state.index, state.open) = (DiskCacheIndex(), LRUCache(capacity: state.open.capacity)) }
      return Array(state.index.entries.keys)
    }
    for name in names { Disk.remove(path(of: name)) }
    return !names.isEmpty
  }

  private func remove(_ name: DiskCacheName) {
    let wasThere = state.withLock { state in
      state.open.remove(name)
      return state.index.remove(name) || !state.isLoaded
    }
    if wasThere { Disk.remove(path(of: name)) }
  }

  private func path(of name: DiskCacheName) -> String { "\(directory)/\(name.fileName)" }

  private static var seconds: Int64 { TimeSource.system.wall().seconds }
}

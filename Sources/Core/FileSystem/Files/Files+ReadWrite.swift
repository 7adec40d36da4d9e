import S3
import Synchronization

// The bytes of open files.

extension Files {
  /// Returns the bytes if all are cached, else `nil` (then call `read`).
  public func cachedRead(_ handle: FileHandle, at offset: Int64, count: Int) -> ReadData? {
    guard let open = inodes.handles.withLock({ $0[handle] }), offset >= 0 else { return nil }
    let range = offset..<offset + Int64(count)
    let readsMuch = open.readahead.withLock { $0.window >= PrefetchBudget.least }
    guard let data = open.content.cachedRead(range, uses: !readsMuch) else { return nil }
    // Sequential reads keep the window moving, even while everything is in memory.
    open.prefetch(after: range)
    return data
  }

  /// Reads at most `count` bytes; fewer only at the end of the file. Throws stale when the object was replaced and the
  /// bytes are not in memory.
  public func read(
    _ handle: FileHandle, at offset: Int64, count: Int
  ) async throws(FileSystemError) -> ReadData {
    let open = try inodes.openHandle(handle)
    guard offset >= 0 else { throw FileSystemError(.invalidArgument, "a read before the beginning") }
    let range = offset..<offset + Int64(count)
    return try await open.content.read(range, advice: open.advice(for: range))
  }

  /// Writes now, if no upload of the file is in flight; else returns nil: copy the bytes and call the async `write`.
  /// With `isPage` the bytes are a mapped page that the kernel writes back: it goes to its offset even through a handle
  /// that appends. Returns how many bytes were written (always all). Throws tooLarge, noSpace.
  public func writeNow(
    _ bytes: RawSpan, at offset: Int64, to handle: FileHandle, isPage: Bool = false
  ) throws(FileSystemError) -> Int? {
    let open = try inodes.openHandle(handle)
    return try open.content.writeNow(
      bytes, at: offset, appending: open.flags.contains(.append) && !isPage, now: time.wall())
  }

  /// Same, even while an upload of the file is in flight: waits for its end. Returns how many bytes were written
  /// (always all). Throws badHandle, tooLarge, noSpace.
  public func write(
    _ bytes: [UInt8], at offset: Int64, to handle: FileHandle, isPage: Bool = false
  ) async throws(FileSystemError) -> Int {
    let open = try inodes.openHandle(handle)
    return try await open.content.write(
      bytes, at: offset, appending: open.flags.contains(.append) && !isPage, now: time.wall())
  }

  /// Serves close(2) of one descriptor: uploads what is unsaved (or with `--write-back` records it on disk) and throws
  /// if S3 refused it. With `othersOpen` (another descriptor of this handle is open, so that the file may be half
  /// written) it waits for the last close.
  public func flush(_ handle: FileHandle, othersOpen: Bool) async throws(FileSystemError) {
    let open = try inodes.openHandle(handle)
    if othersOpen { return }
    if saving.closeForLater(open.content) { return }
    try await saving.upload(open.content)
  }

  /// Returns how many handles of the file are open, if `flush` would have something to save; else 0.
  public func handlesToSave(by handle: FileHandle) -> Int {
    guard let open = inodes.handles.withLock({ $0[handle] }) else { return 0 }
    return open.content.with { $0.isDirty && $0.bytesChanged ? $0.handles : 0 }
  }

  /// Serves fsync(2): like flush, always uploads.
  public func synchronize(_ handle: FileHandle) async throws(FileSystemError) {
    try await saving.save(try inodes.openHandle(handle).content)
  }

  /// Serves fallocate(2). Mode 0 and KEEP_SIZE reserve nothing (S3 has no reservations) but set the size; PUNCH_HOLE
  /// and ZERO_RANGE write zeros. Other modes: unsupported.
  public func allocate(
    _ handle: FileHandle, mode: Int32, offset: Int64, length: Int64
  ) async throws(FileSystemError) {
    let content = try inodes.openHandle(handle).content
    guard offset >= 0, length > 0 else { throw FileSystemError(.invalidArgument, "fallocate of an empty range") }
    let keepSize = mode & 1 != 0
    let zeros = mode & (2 | 16) != 0
    guard mode & ~(1 | 2 | 16) == 0 else { throw FileSystemError(.unsupported, "this mode of fallocate") }
    try content.allocate(offset..<offset + length, keepSize: keepSize, zeros: zeros, now: time.wall())
  }

  /// Serves lseek(2) with SEEK_DATA, or SEEK_HOLE when `hole`: an object has no holes but its end. Throws noData beyond
  /// it.
  public func seek(_ handle: FileHandle, from offset: Int64, hole: Bool) async throws(FileSystemError) -> Int64 {
    let size = try inodes.openHandle(handle).content.with { $0.size }
    guard offset >= 0, offset < size else { throw FileSystemError(.noData, "no data at or after \(offset)") }
    return hole ? size : offset
  }

  /// Returns the readahead of a new handle. It reads at most a quarter of the cache ahead, so that what is fetched is
  /// still there when it is read.
  func makeReadahead() -> Readahead {
    var limits = Readahead.Limits()
    limits.largestWindow = min(limits.largestWindow, Int64(cache.capacity / 4))
    return Readahead(limits: limits)
  }
}

extension OpenHandle {
  func advice(for range: Range<Int64>) -> ReadAdvice {
    let size = content.with { $0.bytes.base?.visible ?? 0 }
    // Many readers together must not fetch more than memory holds until it is read.
    let window = readahead.withLock { $0.window }
    let share = readers.share(of: self, readsMuch: window >= PrefetchBudget.least)
    return readahead.withLock { readahead in
      readahead.narrow(to: share)
      return readahead.advise(read: range, fileSize: size)
    }
  }

  /// Moves the readahead window without waiting for it.
  func prefetch(after range: Range<Int64>) {
    let ahead = advice(for: range).ahead
    if !ahead.isEmpty { content.prefetch(ahead) }
  }
}

extension FileContent {
  func prefetch(_ ranges: [Range<Int64>]) { with { $0.bytes.base }?.reader.prefetch(ranges) }

  fileprivate func allocate(
    _ range: Range<Int64>, keepSize: Bool, zeros: Bool, now: Timestamp
  ) throws(FileSystemError) {
    let size = with { $0.size }
    if !keepSize && range.upperBound > size { try truncate(to: range.upperBound, now: now) }
    guard zeros else { return }
    let zeroed = range.clamped(to: 0..<with { $0.size })
    guard !zeroed.isEmpty else { return }
    try writeZeros(zeroed, now: now)
  }
}

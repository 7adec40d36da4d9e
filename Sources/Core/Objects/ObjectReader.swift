import S3
import Synchronization

/// Reads one version of an object: every byte is of the version that `info` tells. Safe to use from several tasks.
public final class ObjectReader: Sendable {
  public let info: ObjectInfo
  private let reader: VersionReader
  private let readahead: Mutex<Readahead>

  init(info: ObjectInfo, reader: VersionReader, readahead: Readahead) {
    self.info = info
    self.reader = reader
    self.readahead = Mutex(readahead)
  }

  /// At most `count` bytes; fewer only at the end. Reads ahead while calls are sequential. Throws stale when the
  /// object has been replaced and the bytes are not in memory.
  public func read(at offset: Int64, count: Int) async throws(FileSystemError) -> ReadData {
    let range = offset..<offset + Int64(count)
    return try await reader.read(range, advice: advice(for: range))
  }

  /// The same if memory has it all; never blocks.
  public func cachedRead(at offset: Int64, count: Int) -> ReadData? {
    let range = offset..<offset + Int64(count)
    guard let data = reader.cached(range) else { return nil }
    reader.prefetch(advice(for: range).ahead)
    return data
  }

  private func advice(for range: Range<Int64>) -> ReadAdvice {
    readahead.withLock { $0.advise(read: range, fileSize: reader.size) }
  }
}

extension FileSystem {
  /// Opens one version of an object for reading. With `.now` S3 is asked (one request, which brings the first bytes
  /// of an object not cached). Throws notFound; isDirectory where only a directory of that name exists.
  public func reader(of path: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> ObjectReader {
    try requireShown(path)
    await settlePending(at: path)
    let reference = path.reference
    let known = freshness == .withinTTL ? rememberedHead(of: reference) : nil
    let head: ObjectHead
    if let known { head = known } else { head = try await validate(reference, wantsBytes: true) }
    return ObjectReader(
      info: ObjectInfo(path: path, head: head), reader: reader(of: reference, head: head), readahead: makeReadahead())
  }

  /// A quarter of the cache at most is read ahead, so that what is fetched is still there when it is wanted.
  func makeReadahead() -> Readahead {
    var limits = Readahead.Limits()
    limits.largestWindow = min(limits.largestWindow, Int64(contents.capacity / 4))
    return Readahead(limits: limits)
  }
}

import S3
import Synchronization

/// Reads one version of an object: every byte is of the version that `info` describes. Safe to use from several tasks.
public final class ObjectReader: Sendable {
  public let info: ObjectInfo
  private struct Plan {
    var readahead: Readahead
    /// Readahead stops here.
    var end: Int64
    /// Whether the read is so small that no more than it is worth fetching.
    var isSmall = false
  }

  private let reader: VersionReader
  private let plan: Mutex<Plan>
  private let readers: PrefetchBudget

  init(info: ObjectInfo, reader: VersionReader, readahead: Readahead, readers: PrefetchBudget) {
    self.info = info
    self.reader = reader
    self.readers = readers
    plan = Mutex(Plan(readahead: readahead, end: reader.size))
  }

  deinit { readers.leave(ObjectIdentifier(self)) }

  /// Declares that exactly these bytes will be read, in order, so that neither less nor more is fetched ahead.
  public func expect(_ range: Range<Int64>) {
    let share = readers.share(of: self, readsMuch: range.count >= PrefetchBudget.least)
    plan.withLock { plan in
      plan.readahead = Readahead(limits: plan.readahead.limits.certain(within: share), from: range.lowerBound)
      plan.end = min(range.upperBound, reader.size)
      plan.isSmall = range.count < ContentCache.blockSize
    }
  }

  /// Returns at most `count` bytes; fewer only at the end. Reads ahead while calls are sequential. Throws stale when
  /// the object has been replaced and the bytes are not in memory.
  public func read(at offset: Int64, count: Int) async throws(FileSystemError) -> ReadData {
    let range = offset..<offset + Int64(count)
    return try await reader.read(range, advice: advice(for: range))
  }

  /// Returns the same bytes if all of them are in memory, else nil; never blocks.
  public func cachedRead(at offset: Int64, count: Int) -> ReadData? {
    let range = offset..<offset + Int64(count)
    guard let data = reader.cached(range) else { return nil }
    reader.prefetch(advice(for: range).ahead)
    return data
  }

  /// Returns where those bytes are on disk, if all of them are. Worth it for long ranges: it saves two copies of each
  /// byte, but opens a descriptor. Never blocks.
  public func keptPart(_ range: Range<Int64>) -> DiskCachePart? { reader.keptPart(range) }

  /// Same as `keptPart`, but waits for blocks that were just read and are being written to disk, if no others are
  /// missing.
  public func keptPartSoon(_ range: Range<Int64>) async -> DiskCachePart? { await reader.keptPartSoon(range) }

  private func advice(for range: Range<Int64>) -> ReadAdvice {
    plan.withLock { plan in
      if plan.isSmall { return ReadAdvice(isSequential: false) }
      return plan.readahead.advise(read: range, fileSize: plan.end)
    }
  }
}

extension ByKey {
  /// Opens one version of an object for reading. `.now` sends one request to S3, which also returns the first bytes of
  /// an object that is not cached. `.withinTTL` sends none where the newest version is known; when many objects of a
  /// directory are read, one LIST covers the rest of them. Throws notFound; isDirectory where only a directory of that
  /// name exists.
  public func reader(of path: ObjectPath, freshness: Freshness) async throws(FileSystemError) -> ObjectReader {
    try await door.enter(path, .read)
    let reference = path.reference
    var known = freshness == .withinTTL ? knowledge.rememberedHead(of: reference) : nil
    if known == nil, freshness == .withinTTL { known = await listedHead(of: reference) }
    let head: ObjectHead
    if let known { head = known } else { head = try await contents.validate(reference, wantsBytes: true) }
    return objectReader(at: path, head, contents.reader(of: reference, head: head))
  }

  func objectReader(at path: ObjectPath, _ head: ObjectHead, _ reader: VersionReader) -> ObjectReader {
    ObjectReader(
      info: ObjectInfo(path: path, head: head), reader: reader, readahead: files.makeReadahead(),
      readers: contents.readers)
  }

  /// Returns the reader of an object whose newest version is known within the ttl, with all headers; nil if a request
  /// to S3 would be needed. Never blocks.
  public func readerInMemory(of path: ObjectPath) -> ObjectReader? {
    guard held.pending.isEmpty, (try? door.check(path, .read)) != nil else { return nil }
    let reference = path.reference
    guard let head = knowledge.knownHead(of: reference) else { return nil }
    knowledge.headerUse.hit()
    return objectReader(at: path, head, contents.reader(of: reference, head: head))
  }

  /// Returns the remembered headers of an object whose bytes are in memory, if a LIST of its directory, which covers
  /// the many others that are read, shows that it has not changed. Cost: one or two LIST per ttl and directory.
  private func listedHead(of reference: ObjectReference) async -> ObjectHead? {
    guard let latest = knowledge.metadata.withLock({ $0.latest(of: reference) }),
      cache.holdsStart(of: .init(reference: reference, etag: latest.etag))
    else { return nil }
    let (location, segment) = reference.parent
    guard knowledge.checks.withLock({ $0.note(in: location, now: time.now(), ttl: pace, burst: horizon.requested) }),
      knowledge.directories.withLock({ $0.strategy(for: location, within: horizon) }) != .point
    else { return nil }
    // A user without permission to list may still read.
    guard (try? await knowledge.child(segment, of: location)) != nil else { return nil }
    return knowledge.knownHead(of: reference)
  }
}

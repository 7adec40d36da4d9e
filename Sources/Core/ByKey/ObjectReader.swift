import S3
import Synchronization

/// Reads one version of an object: every byte is of the version that `info` tells. Safe to use from several tasks.
public final class ObjectReader: Sendable {
  public let info: ObjectInfo
  private struct Plan {
    var readahead: Readahead
    /// Nothing is read ahead beyond.
    var end: Int64
    /// Whether so little will be read that no more than that is worth fetching.
    var isSmall = false
  }

  private let reader: VersionReader
  private let plan: Mutex<Plan>
  private let readers: ParallelReaders

  init(info: ObjectInfo, reader: VersionReader, readahead: Readahead, readers: ParallelReaders) {
    self.info = info
    self.reader = reader
    self.readers = readers
    plan = Mutex(Plan(readahead: readahead, end: reader.size))
  }

  deinit { readers.leave(ObjectIdentifier(self)) }

  /// Tells that these bytes will be read, in order: neither less nor more is then fetched ahead.
  public func expect(_ range: Range<Int64>) {
    let share = readers.share(of: self, readsMuch: range.count >= ParallelReaders.least)
    plan.withLock { plan in
      plan.readahead = Readahead(limits: plan.readahead.limits.certain(within: share), from: range.lowerBound)
      plan.end = min(range.upperBound, reader.size)
      plan.isSmall = range.count < ContentCache.blockSize
    }
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

  /// Those bytes where they lie on disk, if they all do. Worth it for many: it saves two copies of each, but opens a
  /// descriptor. Never blocks.
  public func keptPart(_ range: Range<Int64>) -> KeptPart? { reader.keptPart(range) }

  /// The same, once what was just read and is on its way to disk has come there, if no more is missing.
  public func keptPartSoon(_ range: Range<Int64>) async -> KeptPart? { await reader.keptPartSoon(range) }

  private func advice(for range: Range<Int64>) -> ReadAdvice {
    plan.withLock { plan in
      if plan.isSmall { return ReadAdvice(isSequential: false) }
      return plan.readahead.advise(read: range, fileSize: plan.end)
    }
  }
}

extension ByKey {
  /// Opens one version of an object for reading. With `.now` S3 is asked (one request, which brings the first bytes
  /// of an object not cached); with `.withinTTL` it is not asked where the newest version is known, and one LIST answers
  /// for the rest of a directory many of whose objects are read. Throws notFound; isDirectory where only a directory of
  /// that name exists.
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

  /// The reader of an object whose newest version is known within the ttl, with all headers; nil where S3 would have to
  /// be asked. Never blocks.
  public func readerInMemory(of path: ObjectPath) -> ObjectReader? {
    guard held.pending.isEmpty, (try? door.check(path, .read)) != nil else { return nil }
    let reference = path.reference
    guard let head = knowledge.knownHead(of: reference) else { return nil }
    knowledge.headerUse.hit()
    return objectReader(at: path, head, contents.reader(of: reference, head: head))
  }

  /// The remembered headers of an object whose bytes are in memory, if a LIST of its directory, which answers for the
  /// many others that are read, shows that it has not changed. Cost: one or two LIST per ttl and directory.
  private func listedHead(of reference: ObjectReference) async -> ObjectHead? {
    guard let latest = knowledge.metadata.withLock({ $0.latest(of: reference) }),
      cache.holdsStart(of: .init(reference: reference, etag: latest.etag))
    else { return nil }
    let (location, segment) = reference.parent
    guard knowledge.checks.withLock({ $0.note(in: location, now: time.now(), ttl: pace, burst: horizon.requested) }),
      knowledge.directories.withLock({ $0.strategy(for: location, within: horizon) }) != .point
    else { return nil }
    // Who may not list may still read.
    guard (try? await knowledge.child(segment, of: location)) != nil else { return nil }
    return knowledge.knownHead(of: reference)
  }
}

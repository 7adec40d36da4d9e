import Keys
import S3
import Synchronization

// Without a ttl each burst begins with knowing nothing. One LIST answers for most of what comes next in its bucket: of all
// keys, where one page holds them, else of the directory that was last asked for, which proves those above it, too.

extension FileSystem {
  /// Lists all keys of a small bucket, if nobody has in this burst. What it tells of directories is in the caches then.
  /// Returns whether S3 showed the bucket. Throws notFound where there is none. Cost: 0, or one LIST.
  func listWhole(_ bucket: String) async throws(FileSystemError) -> Bool {
    let location = location(ofBucket: bucket)
    guard options.ttl == nil, bucketHabits.withLock({ $0.mayBeSmall(bucket, now: time.now()) }),
      directories.withLock({ $0.listingMark(of: location, within: horizon) }) == nil
    else { return false }
    return try await share(wholeBuckets, location) { () async throws(FileSystemError) in
      try await self.learnWhole(location)
    }
  }

  private func learnWhole(_ location: DirectoryLocation) async throws(FileSystemError) -> Bool {
    listingUse.miss()
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let page: ListPage
    do throws(S3Error) {
      page = try await store.listObjects(
        ListRequest(bucket: location.bucket, prefix: location.prefix, delimiter: nil))
    } catch {
      guard !error.isWithoutAnswer, error.code != .noSuchBucket else { throw FileSystemError(error) }
      // Not every policy allows a listing without delimiter.
      bucketHabits.withLock { $0.note(location.bucket, isSmall: false, now: time.now()) }
      return false
    }
    let known = FlatPage(page, below: location, fromFirst: true).directories
    let now = time.now()
    bucketHabits.withLock { $0.note(location.bucket, isSmall: known[location] != nil, now: now) }
    bucketHabits.withLock { $0.note(answerOf: location.bucket, ticket.learned(at: now), visited: nil) }
    directories.withLock { cache in
      for (directory, listing) in known where directory != location {
        cache.installUnasked(listing, of: directory, ticket: ticket, now: now)
      }
      if let listing = known[location] { _ = cache.install(listing, of: location, ticket: ticket, now: now) }
    }
    return true
  }

  /// S3 has just shown what a directory has.
  /// - Parameter isLarge: whether it has more names than a page.
  func noteAnswer(
    of location: DirectoryLocation, _ ticket: DirectoryCache.Ticket, now: ContinuousClock.Instant, isLarge: Bool = false
  ) {
    guard options.ttl == nil else { return }
    bucketHabits.withLock { habits in
      habits.note(answerOf: location.bucket, ticket.learned(at: now), visited: location)
      if isLarge { habits.note(location.bucket, isSmall: false, now: now) }
    }
  }

  /// Asks for a directory that was asked for before. Cost: one LIST, of one key where the directory has many.
  private func visitAgain(_ location: DirectoryLocation) async throws(FileSystemError) {
    if directories.withLock({ $0.strategy(for: location, within: horizon) }) == .probe {
      _ = try await probe(location)
      return
    }
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let page = try await mappingErrors { () async throws(S3Error) in
      try await store.listObjects(location.firstKey)
    }
    let now = time.now()
    noteAnswer(of: location, ticket, now: now)
    guard !page.isEmpty else { return }
    directories.withLock { $0.learnDirectories(above: location, ticket: ticket, now: now) }
  }

  /// Whether a bucket of that name is shown and known to exist, because S3 showed something of it.
  func isKnown(bucket name: String) -> Bool {
    options.ttl == nil && isShown(bucket: name) && bucketHabits.withLock { $0.isKnown(name, within: horizon) }
  }

  /// Whether a bucket of that name exists, found out in the way that tells most of it: by what was last asked for in it.
  /// false: the list of buckets will tell. Cost: 0, or one LIST.
  func findsBucket(_ name: String) async throws(FileSystemError) -> Bool {
    let isKnown = buckets.withLock { $0.fresh(within: horizon) == nil && $0.created(name) != nil }
    guard options.ttl == nil, isKnown else { return false }
    do throws(FileSystemError) {
      if try await listWhole(name) { return true }
      guard let visited = bucketHabits.withLock({ $0.visited(in: name) }) else { return false }
      try await visitAgain(visited)
      return self.isKnown(bucket: name)
    } catch {
      guard error.code == .notFound else { throw error }
      return false
    }
  }
}

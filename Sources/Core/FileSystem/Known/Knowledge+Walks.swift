import Keys
import S3
import Synchronization

// Without a ttl each burst begins without any knowledge. One LIST covers most of what comes next in its bucket: all
// keys, where one page holds them, else the directory that was last requested, which proves those above it, too.

extension Knowledge {
  /// Lists all keys of a small bucket, unless that was done in this burst. The directories that it shows are in the
  /// caches then. Returns whether S3 showed the bucket. Throws notFound where there is none. Cost: 0, or one LIST.
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

  /// Records that S3 has just shown the contents of a directory.
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

  /// Requests a directory again that was requested before. Cost: one LIST, of one key where the directory has many.
  private func visitAgain(_ location: DirectoryLocation) async throws(FileSystemError) {
    let isShared = !hasOneObserver
    if directories.withLock({ $0.strategy(for: location, isShared: isShared, within: horizon) }) == .probe {
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

  /// Returns whether a bucket of that name is shown and known to exist, because S3 returned something of it.
  func isKnown(bucket name: String) -> Bool {
    options.ttl == nil && isShown(bucket: name) && bucketHabits.withLock { $0.isKnown(name, within: horizon) }
  }

  /// Returns whether a bucket of that name exists, by the request that shows most of it: for what was last requested in
  /// it. false: the list of buckets will show it. Cost: 0, or one LIST.
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

extension Knowledge {
  /// A page is worth its request if it covers this many directories.
  private static let worthAPage = 8

  /// Returns a text shortly before the keys of a directory, and between those of its neighbours. Before the object of
  /// the same name, where that is simple: SeaweedFS mistakes that for the directory, and begins behind it.
  static func point(before location: DirectoryLocation) -> ObjectKey {
    let object = ObjectKey(String(decoding: location.prefix.string.utf8.dropLast(), as: UTF8.self))
    // The keys follow the object of the same name, and so do only whole directories before them ("a-/").
    return object.justBefore ?? object
  }

  /// Requests one page of the keys below a parent, if many of its directories are being requested: it covers every
  /// directory that it holds completely. nil: list the directory alone. Throws where S3 does not answer. Cost: 0, or
  /// one LIST.
  func listWalk(
    at location: DirectoryLocation, for cause: TreeScanDetector.Cause
  ) async throws(FileSystemError) -> DirectoryListing? {
    guard let page = walks.withLock({ $0.step(to: location, for: cause, now: time.now()) }) else { return nil }
    guard page.fromFirst else { return try await learn(page, for: location) }
    // Other walks below the parent meanwhile wait for the same page.
    try await share(walkPages, page.parent) { () async throws(FileSystemError) in
      _ = try await self.learn(page, for: location)
    }
    return directories.withLock { $0.listing(of: location, within: horizon) }
  }

  /// Requests a page and installs the directories that it shows; nil if it does not show the one it was made for.
  private func learn(
    _ page: TreeScanDetector.Page, for location: DirectoryLocation
  ) async throws(FileSystemError) -> DirectoryListing? {
    let request = ListRequest(
      bucket: location.bucket, prefix: page.parent.prefix, delimiter: nil,
      startAfter: page.fromFirst ? nil : Self.point(before: location))
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let objects: ListPage
    do throws(S3Error) { objects = try await store.listObjects(request) } catch {
      guard !error.isWithoutAnswer else { throw FileSystemError(error) }
      // Not every policy allows a listing without delimiter.
      walks.withLock { $0.wasInVain(page) }
      return nil
    }
    noteAnswer(of: location, ticket, now: time.now())
    let known = FlatPage(objects, below: page.parent, fromFirst: page.fromFirst).directories
    let now = time.now()
    directories.withLock { cache in
      for (other, listing) in known where other != location {
        cache.installUnasked(listing, of: other, ticket: ticket, now: now)
      }
    }
    // A directory without a key does not count as empty: not every server orders keys by their bytes. The page may
    // cover those that come next in order all the same.
    guard let listing = known[location] else {
      let answersForNext = !page.fromFirst && known.count >= Self.worthAPage
      if !answersForNext { walks.withLock { $0.wasInVain(page) } }
      return nil
    }
    walks.withLock { $0.wasOfUse(page, now: now) }
    return directories.withLock { $0.install(listing, of: location, ticket: ticket, now: now) }
  }
}

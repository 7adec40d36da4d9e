import S3
import Synchronization

// Names in a directory: from memory, else by the fewest LISTs that answer.

extension Knowledge {
  /// Returns what a segment names now (no older than the ttl). Cost: 0 when known; else one or two LISTs that cover all
  /// its siblings (or those of many directories, see `listWalk`), or, in a directory too large for that, one HEAD and
  /// one LIST of one key, or, where names are looked up in order, one LIST of those that follow.
  func child(
    _ segment: ByteName, of location: DirectoryLocation
  ) async throws(FileSystemError) -> (child: Child, at: Learned) {
    if let known = directories.withLock({ $0.child(segment, of: location, within: horizon, now: time.now()) }) {
      listingUse.hit()
      return known
    }
    if try await listWhole(location.bucket),
      let known = directories.withLock({ $0.child(segment, of: location, within: horizon, now: time.now()) })
    {
      return known
    }
    let isShared = !hasOneObserver
    switch directories.withLock({ $0.strategy(for: location, segment, isShared: isShared, within: horizon) }) {
    case .list:
      do throws(FileSystemError) {
        let listing = try await listing(of: location)
        return (listing.children[segment] ?? Child(), learned(listing))
      } catch {
        guard error.code == .noMemory else { throw error }
        directories.withLock { $0.markLarge(location, isBeyondMemory: true) }
        return try await askFor(segment, in: location)
      }
    case .probe:
      if let listing = try await probe(location) {
        return (listing.children[segment] ?? Child(), learned(listing))
      }
      return try await askFor(segment, in: location)
    case .range:
      if let known = try await listRange(from: segment, in: location) { return known }
      return try await askFor(segment, in: location)
    case .point:
      return try await askFor(segment, in: location)
    }
  }

  /// Returns when a listing was learnt: it is valid for the ttl from then on.
  func learned(_ listing: DirectoryListing) -> Learned {
    listing.listedAt ?? Learned(at: time.now())
  }

  /// Returns everything in a directory (no older than the ttl). Cost: one LIST per 1,000 children; in a walk through
  /// the directories of one parent one LIST per 1,000 objects below it.
  func listing(
    of location: DirectoryLocation, freshness: Freshness = .withinTTL
  ) async throws(FileSystemError) -> DirectoryListing {
    if freshness == .now { return try await list(location, maximumPages: nil)! }
    if let known = directories.withLock({ $0.listing(of: location, within: horizon) }) {
      listingUse.hit()
      return known
    }
    if try await listWhole(location.bucket),
      let known = directories.withLock({ $0.listing(of: location, within: horizon) })
    {
      return known
    }
    return try await recent(ListingKey(location: location, isProbe: false)) { () async throws(FileSystemError) in
      if let listing = try await self.listWalk(at: location, for: .listing) { return listing }
      return try await self.list(location, maximumPages: nil)!
    }
  }

  /// Returns a listing that is within the horizon of the caller. One that other callers requested may be only recent
  /// enough for them.
  private func recent(
    _ key: ListingKey, _ list: @escaping @Sendable () async throws(FileSystemError) -> DirectoryListing
  ) async throws(FileSystemError) -> DirectoryListing {
    let requested = horizon.requested
    while true {
      let listing = try await share(listings, key, list)
      guard let requested, let at = listing.listedAt, at.requested < requested else { return listing }
    }
  }

  /// The pages that a first query about a directory may cost: within them it covers all names.
  private static let probePages = 2

  /// Returns a directory's listing, or nil if it has more than `probePages`.
  func probe(_ location: DirectoryLocation) async throws(FileSystemError) -> DirectoryListing? {
    var listing: DirectoryListing?
    do throws(FileSystemError) {
      listing = try await recent(ListingKey(location: location, isProbe: true)) { () async throws(FileSystemError) in
        if let listing = try await self.listWalk(at: location, for: .lookup) { return listing }
        guard let listing = try await self.list(location, maximumPages: Self.probePages) else { throw .tooManyPages }
        return listing
      }
    } catch {
      guard error.code == .tooLarge, error.cause == nil else { throw error }
      directories.withLock { $0.markLarge(location) }
      listing = nil
    }
    return listing
  }

  /// Visits all pages of a listing, one after another. Cost: one LIST per page.
  func forEachPage(
    of request: ListRequest, _ take: (ListPage) async throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    var request = request
    repeat {
      let page = try await mappingErrors { () async throws(S3Error) in try await store.listObjects(request) }
      try await take(page)
      request.continuationToken = page.nextToken
    } while request.continuationToken != nil
  }

  /// Returns every object below a directory, its marker included. Cost: one LIST per 1,000.
  func objects(below location: DirectoryLocation) async throws(FileSystemError) -> [ObjectSummary] {
    var objects: [ObjectSummary] = []
    try await forEachPage(of: ListRequest(bucket: location.bucket, prefix: location.prefix, delimiter: nil)) { page in
      objects += page.objects
    }
    return objects
  }

  /// Lists a directory and installs the result; returns nil if it has more pages than allowed.
  private func list(
    _ location: DirectoryLocation, maximumPages: Int?
  ) async throws(FileSystemError) -> DirectoryListing? {
    listingUse.miss()
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let share = BudgetShare(of: nameMemory)
    var listing = DirectoryListing(share: share)
    var request = ListRequest(bucket: location.bucket, prefix: location.prefix)
    var pages = 0
    repeat {
      if let maximumPages, pages == maximumPages {
        noteAnswer(of: location, ticket, now: time.now(), isLarge: true)
        return nil
      }
      let page = try await mappingErrors { () async throws(S3Error) in try await store.listObjects(request) }
      listing.add(page, prefix: location.prefix)
      try take(listing.bytes, for: share, of: location)
      request.continuationToken = page.nextToken
      pages += 1
    } while request.continuationToken != nil
    let now = time.now()
    let isLarge = listing.children.count >= BucketHabits.namesOfAPage
    noteAnswer(of: location, ticket, now: now, isLarge: isLarge)
    return directories.withLock { $0.install(listing, of: location, ticket: ticket, now: now) }
  }

  /// Requests one page of a directory from a name on. Returns what the name is; nil if the page does not show it. Cost:
  /// one LIST.
  private func listRange(
    from segment: ByteName, in location: DirectoryLocation
  ) async throws(FileSystemError) -> (child: Child, at: Learned)? {
    listingUse.miss()
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let after = ListedRange.point(before: segment)
    let request = ListRequest(
      bucket: location.bucket, prefix: location.prefix,
      startAfter: ObjectKey(location.prefix.string + after.string))
    let page = try await mappingErrors { () async throws(S3Error) in try await store.listObjects(request) }
    let now = time.now()
    noteAnswer(of: location, ticket, now: now)
    let range = ListedRange(page, of: location, after: after)
    return directories.withLock { cache in
      cache.learn(range?.child(segment) == nil ? nil : range, in: location, ticket: ticket, now: now)
      return cache.child(segment, of: location, within: horizon, now: now)
    }
  }

  /// Queries one name alone: the object by HEAD, the directory by a LIST of one key, in parallel.
  private func askFor(
    _ segment: ByteName, in location: DirectoryLocation
  ) async throws(FileSystemError) -> (child: Child, at: Learned) {
    listingUse.miss()
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let reference = location.object(segment)
    async let head = outcome { () async throws(S3Error) in
      try await store.headObject(reference, conditions: .none, versionID: nil)
    }
    async let page = outcome { () async throws(S3Error) in
      try await store.listObjects(location.directory(segment).firstKey)
    }
    var child = Child()
    switch await head {
    case .success(let head):
      remember(head, of: reference, isListed: true, checkedAt: ticket.requested)
      child.object = ObjectFacts(head)
    case .failure(let error) where error.code == .noSuchKey || error.status == 404: break
    case .failure(let error): throw FileSystemError(error)
    }
    switch await page {
    case .success(let page):
      child.isDirectory = !page.isEmpty
      noteAnswer(of: location, ticket, now: time.now())
    case .failure(let error): throw FileSystemError(error)
    }
    let now = time.now()
    return directories.withLock { cache in
      cache.learn(segment, child, in: location, ticket: ticket, now: now)
      return cache.child(segment, of: location, within: horizon, now: now) ?? (
        child, Learned(requested: ticket.requested, arrived: now)
      )
    }
  }

  private func outcome<Success: Sendable>(
    _ body: () async throws(S3Error) -> Success
  ) async -> Result<Success, S3Error> {
    do throws(S3Error) { return .success(try await body()) } catch { return .failure(error) }
  }

  /// Returns whether S3 has the object, whatever of that name is only here; nil: nothing fresh is known.
  func isKnown(objectAt reference: ObjectReference) -> Bool? {
    directories.withLock { $0.object(at: reference, within: horizon) }.map { $0.facts != nil }
  }

  func knownChild(at reference: ObjectReference) -> Child? {
    let (location, segment) = reference.parent
    return directories.withLock { $0.child(segment, of: location, within: horizon, now: time.now())?.child }
  }

  /// Reserves memory for names, evicting what is remembered if needed. Throws noMemory where that is not enough.
  func take(_ bytes: Int, for share: BudgetShare, of location: DirectoryLocation) throws(FileSystemError) {
    while !share.resize(to: Int64(bytes)) {
      let isReleased =
        snapshots.withLock { !$0.evict(to: 0).isEmpty } || directories.withLock { $0.release() }
        || metadata.withLock { $0.release() }
      guard isReleased else {
        let text = "s3://\(location.bucket)/\(location.prefix) has more names than fit into memory: raise --memory"
        throw FileSystemError(.noMemory, text)
      }
    }
    cache.makeRoom()
  }
}

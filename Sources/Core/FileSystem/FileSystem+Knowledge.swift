import Dispatch
import S3
import Synchronization

// Finding out what stands where: from the caches, else from S3, in as few requests as may be.

extension FileSystem {
  // MARK: Buckets

  /// The buckets shown, and since when they are known. Cost: one ListBuckets per ttl.
  func knownBuckets(freshness: Freshness = .withinTTL) async throws(FileSystemError) -> [BucketSummary] {
    if freshness == .withinTTL, let fresh = buckets.withLock({ $0.fresh(within: horizon) }) {
      return scoped(fresh.buckets)
    }
    let change = buckets.withLock { $0.changes }
    let list = try await share(bucketLists, change) { () async throws(FileSystemError) in
      let asked = self.time.now()
      let list = try await self.listBuckets()
      let learned = Learned(requested: asked, arrived: self.time.now())
      let change = self.buckets.withLock { $0.install(list, requestedAt: change, learned) }
      self.directories.withLock { cache in
        if change.isAny { cache.touch(.root) }
        // What was kept here of a bucket goes with it, but for what is still to be saved.
        for location in change.gone.map({ DirectoryLocation(bucket: $0) })
        where !cache.local.hasNewFiles(below: location) {
          cache.forgetLocal(below: location)
        }
      }
      return list
    }
    return scoped(list)
  }

  private func listBuckets() async throws(FileSystemError) -> [BucketSummary] {
    do throws(S3Error) { return await withOwn(try await store.listBuckets()) } catch {
      // Who may use the chosen buckets need not be allowed to list all.
      guard error.code == .accessDenied, !options.buckets.isEmpty else { throw FileSystemError(error) }
      return options.buckets.map { BucketSummary(name: $0.bucket, created: Timestamp(seconds: 0)) }
    }
  }

  /// Shares work under way with others who look, if it began within this one's horizon.
  func share<Key, Value>(
    _ flights: SingleFlight<Key, Value, FileSystemError>, _ key: Key,
    _ work: @escaping @Sendable () async throws(FileSystemError) -> Value
  ) async throws(FileSystemError) -> Value {
    try await flights.run(key, since: horizon.requested, now: time.now(), work)
  }

  /// Some servers list no bucket to who signs (SeaweedFS without a configuration): what was made here is shown as long as
  /// it is there. Cost: one HEAD for each that was made here and is not listed.
  private func withOwn(_ list: [BucketSummary]) async -> [BucketSummary] {
    var list = list
    for bucket in madeBuckets.withLock({ $0.values.sorted { $0.name < $1.name } }) {
      guard !list.contains(where: { $0.name == bucket.name }) else { continue }
      if (try? await store.headBucket(bucket.name)) != nil {
        list.append(bucket)
      } else {
        madeBuckets.withLock { $0[bucket.name] = nil }
      }
    }
    return list
  }

  func scoped(_ list: [BucketSummary]) -> [BucketSummary] {
    list.filter { isShown(bucket: $0.name) }
  }

  func isShown(bucket name: String) -> Bool {
    options.buckets.isEmpty || options.buckets.contains { $0.bucket == name }
  }

  /// Whether a key is in the chosen buckets, and below their prefixes.
  func isShown(_ reference: ObjectReference) -> Bool {
    options.buckets.isEmpty
      || options.buckets.contains { scope in
        scope.bucket == reference.bucket && reference.key.hasPrefix(ObjectKey(scope.prefix))
      }
  }

  /// Where a bucket's directory begins: at its scope's prefix.
  func location(ofBucket name: String) -> DirectoryLocation {
    DirectoryLocation(bucket: name, prefix: ObjectKey(options.buckets.first { $0.bucket == name }?.prefix ?? ""))
  }

  /// Whether a bucket is among those shown. Throws notFound.
  func requireBucket(_ name: String, freshness: Freshness) async throws(FileSystemError) {
    guard try await knownBuckets(freshness: freshness).contains(where: { $0.name == name }) else {
      throw FileSystemError(.notFound, "there is no bucket \(name)")
    }
  }

  // MARK: Names in a directory

  /// What a segment stands for now (no older than the ttl). Cost: 0 when known; else one or two LISTs that answer for
  /// all its siblings (or for those of many directories, see `listWalk`), or, in a directory too large for that, one HEAD
  /// and one LIST of one key.
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
    switch directories.withLock({ $0.strategy(for: location, within: horizon) }) {
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
    case .point:
      return try await askFor(segment, in: location)
    }
  }

  /// Since when a listing is known: what it tells is good for the ttl from then on.
  func learned(_ listing: DirectoryListing) -> Learned {
    listing.listedAt ?? Learned(at: time.now())
  }

  /// Everything in a directory (no older than the ttl). Cost: one LIST per 1,000 children; in a walk through the
  /// directories of one parent one LIST per 1,000 objects below it.
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

  /// A listing that is within the horizon of who asks. One that others asked for may have come from what was recent enough
  /// for them.
  private func recent(
    _ key: ListingKey, _ list: @escaping @Sendable () async throws(FileSystemError) -> DirectoryListing
  ) async throws(FileSystemError) -> DirectoryListing {
    let requested = horizon.requested
    while true {
      let listing = try await share(listings, key, list)
      guard let requested, let at = listing.listedAt, at.requested < requested else { return listing }
    }
  }

  /// The pages that a first question about a directory may cost: within them it answers for all names.
  private static let probePages = 2

  /// A directory's listing, if it has no more than `probePages`; nil: it has.
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

  /// Hands on all pages of a listing, one after another. Cost: one LIST per page.
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

  /// Every object below a directory, its marker included. Cost: one LIST per 1,000.
  func objects(below location: DirectoryLocation) async throws(FileSystemError) -> [ObjectSummary] {
    var objects: [ObjectSummary] = []
    try await forEachPage(of: ListRequest(bucket: location.bucket, prefix: location.prefix, delimiter: nil)) { page in
      objects += page.objects
    }
    return objects
  }

  /// Lists a directory and installs what it has; nil if it has more pages than allowed.
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

  /// Asks for one name alone: the object by HEAD, the directory by a LIST of one key, in parallel.
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

  /// Whether S3 has the object, whatever of that name is only here; nil: nothing fresh is known.
  func isKnown(objectAt reference: ObjectReference) -> Bool? {
    directories.withLock { $0.object(at: reference, within: horizon) }.map { $0.facts != nil }
  }

  func knownChild(at reference: ObjectReference) -> Child? {
    let (location, segment) = reference.parent
    return directories.withLock { $0.child(segment, of: location, within: horizon, now: time.now())?.child }
  }

  // MARK: Headers of an object

  /// The headers of the newest version. Cost: one HEAD, unless the version known within the ttl is remembered.
  func head(
    of reference: ObjectReference, freshness: Freshness = .withinTTL
  ) async throws(FileSystemError) -> ObjectHead {
    if freshness == .withinTTL, let head = rememberedHead(of: reference) { return head }
    return try await newestHead(of: reference)
  }

  /// The remembered headers of the version that the caches know within the ttl.
  func rememberedHead(of reference: ObjectReference) -> ObjectHead? {
    let head = knownHead(of: reference)
    if head == nil { headerUse.miss() } else { headerUse.hit() }
    return head
  }

  /// The same, not counted as a use.
  func knownHead(of reference: ObjectReference) -> ObjectHead? {
    let known = directories.withLock { $0.object(at: reference, within: horizon) }
    return known?.facts.flatMap { facts in metadata.withLock { $0.head(of: reference, matching: facts) } }
  }

  /// The headers of the newest version as they are: without a ttl S3 was asked for them in this burst, since new tags, and
  /// new metadata within a second, leave no trace in a listing. Cost: one HEAD, once in a burst or a ttl.
  func checkedHead(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead {
    try await head(of: reference, freshness: options.ttl != nil || isChecked(reference) ? .withinTTL : .now)
  }

  /// Whether S3 was asked for the headers within the horizon.
  func isChecked(_ reference: ObjectReference) -> Bool {
    metadata.withLock { $0.isChecked(reference, within: horizon) }
  }

  /// The headers of an object that this process wrote within the ttl, and nobody else since as far as is known.
  func ownHead(of reference: ObjectReference) -> ObjectHead? {
    guard let head = knownHead(of: reference) else { return nil }
    let isOwn = metadata.withLock { $0.wasWritten(reference, head.etag, after: time.now() - pace) }
    return isOwn ? head : nil
  }

  private func newestHead(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead {
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    do throws(S3Error) {
      let head = try await store.headObject(reference, conditions: .none, versionID: nil)
      learn(head, of: reference, ticket: ticket)
      return head
    } catch {
      if error.code == .noSuchKey {
        directories.withLock { $0.learn(nil, at: reference, ticket: ticket, within: horizon, now: time.now()) }
      }
      throw FileSystemError(error)
    }
  }

  /// Remembers the headers of a version, here and on disk.
  func remember(
    _ head: ObjectHead, of reference: ObjectReference, isListed: Bool, checkedAt: ContinuousClock.Instant? = nil,
    writtenAt: ContinuousClock.Instant? = nil
  ) {
    let checkedAt = checkedAt ?? time.now()
    let isNew = metadata.withLock { memory in
      defer {
        memory.remember(head, of: reference, isListed: isListed, checkedAt: checkedAt, writtenAt: writtenAt)
      }
      return memory.latest(of: reference) != head
    }
    guard isNew, let metadataLog else { return }
    metadataLog.append(
      MetadataLog.Entry(bucket: reference.bucket, key: reference.key.string, isListed: isListed, head: head))
  }

  /// S3 has just told the headers of an object.
  func learn(_ head: ObjectHead, of reference: ObjectReference, ticket: DirectoryCache.Ticket) {
    remember(head, of: reference, isListed: true, checkedAt: ticket.requested)
    directories.withLock {
      $0.learn(ObjectFacts(head), at: reference, ticket: ticket, within: horizon, now: time.now())
    }
  }
}

extension FileSystemError {
  /// Internal: a listing has more pages than a probe may read.
  fileprivate static let tooManyPages = FileSystemError(.tooLarge, "the directory has more pages than were asked for")
}

extension FileSystemError {
  static func notFound(_ path: ObjectPath) -> Self { Self(.notFound, "there is nothing at \(path)") }
}

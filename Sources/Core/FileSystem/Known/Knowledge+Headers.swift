import S3
import Synchronization

// Headers of an object: remembered, or requested where a name is looked up.

extension Knowledge {
  /// Returns the headers of the newest version. Cost: one HEAD, unless the version known within the ttl is remembered.
  func head(
    of reference: ObjectReference, freshness: Freshness = .withinTTL
  ) async throws(FileSystemError) -> ObjectHead {
    if freshness == .withinTTL, let head = rememberedHead(of: reference) { return head }
    return try await newestHead(of: reference)
  }

  /// Returns the remembered headers of the version that the caches know within the ttl.
  func rememberedHead(of reference: ObjectReference) -> ObjectHead? {
    let head = knownHead(of: reference)
    if head == nil { headerUse.miss() } else { headerUse.hit() }
    return head
  }

  /// Same, but not counted as a use.
  func knownHead(of reference: ObjectReference) -> ObjectHead? {
    let known = directories.withLock { $0.object(at: reference, within: horizon) }
    return known?.facts.flatMap { facts in metadata.withLock { $0.head(of: reference, matching: facts) } }
  }

  /// Returns the headers of the newest version as they are: without a ttl they were requested from S3 in this burst,
  /// since new tags, and new metadata within a second, leave no trace in a listing. Cost: one HEAD, once in a burst or
  /// a ttl.
  func checkedHead(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead {
    try await head(of: reference, freshness: options.ttl != nil || isChecked(reference) ? .withinTTL : .now)
  }

  /// Returns whether the headers were requested from S3 within the horizon.
  func isChecked(_ reference: ObjectReference) -> Bool {
    metadata.withLock { $0.isChecked(reference, within: horizon) }
  }

  /// Returns the headers of an object that this process wrote within the ttl, if no other client is known to have
  /// written it since.
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

  /// Records an object's headers that S3 has just returned.
  func learn(_ head: ObjectHead, of reference: ObjectReference, ticket: DirectoryCache.Ticket) {
    remember(head, of: reference, isListed: true, checkedAt: ticket.requested)
    directories.withLock {
      $0.learn(ObjectFacts(head), at: reference, ticket: ticket, within: horizon, now: time.now())
    }
  }

  func currentHead(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead? {
    do throws(S3Error) {
      return try await store.headObject(reference, conditions: .none, versionID: nil)
    } catch {
      guard error.code == .noSuchKey else { throw FileSystemError(error) }
      return nil
    }
  }
}

// A listing contains no metadata headers: names that are looked up are shown with them all the same.

extension Knowledge {
  /// Learns the headers of a name that is looked up, so that it is shown with its own mode, owner and times: headers
  /// that this machine has never seen cost one HEAD. In a directory where many are looked up within a ttl the rest
  /// shows defaults for the rest of it. While names are looked up in order, those that follow are requested at the same
  /// time.
  func learnHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool = true
  ) async {
    guard wantsHeaders(of: child, segment, in: location, asksAgain: asksAgain) else { return }
    let count = metadata.withLock { $0.limits.namesAhead(of: segment, in: location, now: time.now(), ttl: pace) }
    for (child, segment) in names(after: segment, in: location, atMost: count) {
      Task { await askForHeaders(of: child, segment, in: location, asksAgain: asksAgain) }
    }
    await askForHeaders(of: child, segment, in: location, asksAgain: asksAgain)
  }

  private func askForHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool
  ) async {
    let reference = child.isDirectory ? location.directory(segment).marker : location.object(segment)
    _ = try? await share(headerQuestions, reference) { () async throws(FileSystemError) in
      guard !self.knowsHeaders(of: child, segment, in: location, asksAgain: asksAgain),
        self.metadata.withLock({ $0.limits.ask(in: location, now: self.time.now(), ttl: self.pace) })
      else { return }
      do throws(FileSystemError) { _ = try await self.head(of: reference, freshness: .now) } catch {
        // The listing showed that it exists, and its attributes have defaults: no reason to fail.
        guard error.code == .notFound else { return }
        self.metadata.withLock { $0.rememberAbsent(reference, now: self.time.now()) }
      }
    }
  }

  /// Returns the objects that come next in a directory whose listing is known.
  private func names(
    after segment: ByteName, in location: DirectoryLocation, atMost count: Int
  ) -> [(Child, ByteName)] {
    guard count > 0, let known = directories.withLock({ $0.listing(of: location, within: horizon) }) else { return [] }
    let children = known.children
    guard children.count <= Self.mostNamesLookedThrough else { return [] }
    return children.keys.filter { segment < $0 }.sorted(byBytesOf: { $0 }).prefix(count).compactMap { name in
      children[name].flatMap { $0.object != nil && !$0.isDirectory ? ($0, name) : nil }
    }
  }

  /// In larger directories, finding the names that come next costs more than prefetching them saves.
  static var mostNamesLookedThrough: Int { 4096 }

  /// Learns the headers of everything that a directory shows (`--metadata always`). Cost: one HEAD for each version
  /// that is not known, `parallelism` at once.
  func learnHeaders(of names: [ListedName], in location: DirectoryLocation) async {
    // The headers that earlier runs learnt need no HEADs.
    await recalled()
    let unknown = names.compactMap { $0.child(in: location) }.filter {
      wantsHeaders(of: $0.child, $0.segment, in: $0.location, asksAgain: false)
    }
    _ = await concurrently(unknown, limit: Self.parallelism) { (name) async throws(Never) in
      await self.learnHeaders(of: name.child, name.segment, in: name.location, asksAgain: false)
    }
  }

  /// Returns whether a lookup would request the name's headers first.
  /// - Parameter asksAgain: also for those of a directory that were known, and may have changed by now.
  func wantsHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool = true
  ) -> Bool {
    child.exists && !knowsHeaders(of: child, segment, in: location, asksAgain: asksAgain)
      && metadata.withLock { $0.limits.mayAsk(in: location, now: time.now(), ttl: pace) }
  }

  /// Returns whether it is known which headers a name has, or that it has none.
  private func knowsHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool
  ) -> Bool {
    guard child.isDirectory else {
      guard let facts = child.object else { return true }
      return metadata.withLock { $0.head(of: location.object(segment), matching: facts) != nil }
    }
    let directory = location.directory(segment)
    // The listing of a directory shows its marker, or that it has none.
    let listed = directories.withLock { $0.listedMarker(of: directory, within: horizon) }
    guard listed.isListed else {
      // One HEAD for each directory of a path would make the first lookup of a burst a slow one.
      let recent = Horizon(arrived: time.now() - pace)
      return metadata.withLock { $0.isChecked(directory.marker, within: asksAgain ? recent : Horizon()) }
    }
    guard let facts = listed.facts else { return true }
    return metadata.withLock { $0.head(of: directory.marker, matching: facts) != nil }
  }
}

extension ListedName {
  /// Returns the name as it is in a listing, and the directory of that; nil for a name without headers.
  func child(in location: DirectoryLocation) -> (child: Child, segment: ByteName, location: DirectoryLocation)? {
    switch kind {
    case .bucket, .continuation: return nil
    case .directory:
      // In a continuation directory the segments begin in the directories above.
      guard let (parent, whole) = location.directory(segment).parent else { return nil }
      return (Child(isDirectory: true), whole, parent)
    case .object:
      let (parent, whole) = location.object(segment).parent
      return (Child(object: facts), whole, parent)
    case .marker:
      let (parent, whole) = location.marker.parent
      return (Child(object: facts), whole, parent)
    }
  }
}

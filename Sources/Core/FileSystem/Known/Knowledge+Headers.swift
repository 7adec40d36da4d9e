import S3
import Synchronization

// Headers of an object: remembered, or asked for where a name is looked at.

extension Knowledge {
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

  func currentHead(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead? {
    do throws(S3Error) {
      return try await store.headObject(reference, conditions: .none, versionID: nil)
    } catch {
      guard error.code == .noSuchKey else { throw FileSystemError(error) }
      return nil
    }
  }
}

// A listing carries no metadata headers: names that are asked for are shown with them all the same.

extension Knowledge {
  /// Names that are asked for are shown with their own mode, owner and times: what this machine has never seen costs
  /// one HEAD. Of a directory where many are asked for within a ttl the rest shows defaults for so long. While names are
  /// looked up in order, those that follow are asked for at the same time.
  func learnHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool = true
  ) async {
    guard wantsHeaders(of: child, segment, in: location, asksAgain: asksAgain) else { return }
    let count = metadata.withLock { $0.namesAhead(of: segment, in: location, now: time.now(), ttl: pace) }
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
        self.metadata.withLock({ $0.ask(in: location, now: self.time.now(), ttl: self.pace) })
      else { return }
      do throws(FileSystemError) { _ = try await self.head(of: reference, freshness: .now) } catch {
        // The listing told that it exists, and its attributes have defaults: no reason to fail.
        guard error.code == .notFound else { return }
        self.metadata.withLock { $0.rememberAbsent(reference, now: self.time.now()) }
      }
    }
  }

  /// The objects that come next in a directory whose listing is known.
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

  /// To find those that come next costs more than asking for them saves where there are more.
  static var mostNamesLookedThrough: Int { 4096 }

  /// Learns the headers of all that a directory shows (`--metadata always`). Cost: one HEAD for each version that is not
  /// known, `parallelism` at once.
  func learnHeaders(of names: [ListedName], in location: DirectoryLocation) async {
    // What earlier runs learnt spares its HEADs.
    await recalled()
    let unknown = names.compactMap { $0.child(in: location) }.filter {
      wantsHeaders(of: $0.child, $0.segment, in: $0.location, asksAgain: false)
    }
    _ = await concurrently(unknown, limit: Self.parallelism) { (name) async throws(Never) in
      await self.learnHeaders(of: name.child, name.segment, in: name.location, asksAgain: false)
    }
  }

  /// Whether a lookup would ask for the name's headers first.
  /// - Parameter asksAgain: also for those of a directory that were known, and may be others by now.
  func wantsHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool = true
  ) -> Bool {
    child.exists && !knowsHeaders(of: child, segment, in: location, asksAgain: asksAgain)
      && metadata.withLock { $0.mayAsk(in: location, now: time.now(), ttl: pace) }
  }

  /// Whether it is known which headers a name has, or that it has none.
  private func knowsHeaders(
    of child: Child, _ segment: ByteName, in location: DirectoryLocation, asksAgain: Bool
  ) -> Bool {
    guard child.isDirectory else {
      guard let facts = child.object else { return true }
      return metadata.withLock { $0.head(of: location.object(segment), matching: facts) != nil }
    }
    let directory = location.directory(segment)
    // A directory that was listed tells itself which marker it has, or that it has none.
    let listed = directories.withLock { $0.listedMarker(of: directory, within: horizon) }
    guard listed.isListed else {
      // One HEAD for each directory of a path would make the first look of a burst a slow one.
      let recent = Horizon(arrived: time.now() - pace)
      return metadata.withLock { $0.isChecked(directory.marker, within: asksAgain ? recent : Horizon()) }
    }
    guard let facts = listed.facts else { return true }
    return metadata.withLock { $0.head(of: directory.marker, matching: facts) != nil }
  }
}

extension ListedName {
  /// The name as a listing has it, and of which directory; nil where no headers belong to it.
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

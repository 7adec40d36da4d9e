import S3

/// Saves the current contents of buckets as a snapshot. Fetches only bytes that the store does not have.
package struct SnapshotSaver: Sendable {
  private let session: Session
  private let store: SnapshotStore

  /// How often objects that change meanwhile are checked again.
  private static let rounds = 5

  package init(_ session: Session, _ store: SnapshotStore) {
    self.session = session
    self.store = store
  }

  package struct Outcome: Sendable {
    package let buckets: Int
    package let objects: Int
    package let fetched: Int
  }

  /// Saves these buckets, or all if `buckets` is `nil`. Cost: 2 LIST per 1,000 objects (the second verifies that
  /// nothing changed meanwhile), and for each object that is not known a HEAD or GET.
  package func save(_ name: String, buckets: [String]?) async throws(StateFailure) -> Outcome {
    try SnapshotStore.validate(name)
    let lock = try await store.lock()
    defer { withExtendedLifetime(lock) {} }
    let reader = EndpointReader(session)
    session.progress.begin("listing")
    var listed = try await reader.state(of: buckets)
    if let missing = buckets?.first(where: { listed.buckets[$0] == nil }) {
      throw StateFailure(.trouble, "there is no bucket \(missing) at \(session.endpoint)")
    }
    let index = BlobIndex(store)
    var saved = Saved()
    for _ in 0..<Self.rounds {
      let source = listed.source
      session.progress.begin("saving", total: listed.objectCount)
      try await establishTrust(
        Self.all(listed).lazy.filter { [saved] in !saved.has($0.reference, $0.item) }, source)
      var part: [(reference: ObjectReference, item: Item)] = []
      for entry in Self.all(listed) {
        if saved.has(entry.reference, entry.item) { continue }
        part.append(entry)
        if part.count == Self.atOnce { try await save(&part, from: source, index, into: &saved) }
      }
      try await save(&part, from: source, index, into: &saved)
      // The first listing is not needed any more, and takes memory.
      listed.buckets = [:]
      let again = try await reader.state(of: buckets)
      let isSame = Self.all(again).allSatisfy { saved.has($0.reference, $0.item) }
      listed = again
      guard isSame else { continue }
      try index.save()
      let outcome = Outcome(buckets: listed.buckets.count, objects: listed.objectCount, fetched: saved.fetched)
      try write(name, &listed, saved, isEverything: buckets == nil)
      return outcome
    }
    throw StateFailure(.trouble, "the buckets change faster than they can be saved: stop what writes to them")
  }

  private func save(
    _ part: inout [(reference: ObjectReference, item: Item)], from source: any StateSource, _ index: BlobIndex,
    into saved: inout Saved
  ) async throws(StateFailure) {
    let results = try await concurrently(part, width: Session.width) { entry throws(StateFailure) in
      defer { session.progress.step() }
      return try await save(entry.item, entry.reference, from: source, index)
    }
    for (entry, result) in zip(part, results) {
      guard let result else { continue }
      saved.add(result.item, in: entry.reference.bucket, as: entry.item, isFetched: result.isFetched)
    }
    part = []
  }

  /// Objects whose results are in memory at once.
  private static let atOnce = 4096

  /// The objects that have been saved so far. It is made for 100,000 objects: it holds as little of each as possible.
  private struct Saved {
    private struct Entry {
      let etag: ETag
      let modified: Timestamp
      let size: Int64
      let sha256: SHA256Digest
      let md5: MD5Digest
      let stated: StatedProperties
    }

    private var entries: [String: [ObjectKey: Entry]] = [:]
    /// Most objects have the same properties: one copy in memory.
    private var known: Set<StatedProperties> = []
    private(set) var fetched = 0

    /// Returns whether an object was saved as it is listed.
    func has(_ reference: ObjectReference, _ item: Item) -> Bool {
      guard case .object(let etag, let modified) = item.content, let entry = entries[reference.bucket]?[reference.key]
      else { return false }
      return entry.etag == etag && entry.modified == modified
    }

    func item(_ key: ObjectKey, in bucket: String) -> Item? {
      entries[bucket]?[key].map { entry in
        Item(key: key, size: entry.size, content: .blob(entry.sha256, md5: entry.md5), stated: entry.stated)
      }
    }

    mutating func add(_ item: Item, in bucket: String, as listed: Item, isFetched: Bool) {
      guard case .object(let etag, let modified) = listed.content, case .blob(let sha256, let md5) = item.content,
        let stated = item.stated
      else { return }
      entries[bucket, default: [:]][item.key] = Entry(
        etag: etag, modified: modified, size: item.size, sha256: sha256, md5: md5,
        stated: known.insert(stated).memberAfterInsert)
      fetched += isFetched ? 1 : 0
    }
  }

  /// Returns all objects as a lazy sequence: as an array it would take more memory than the state.
  private static func all(_ state: State) -> some Sequence<(reference: ObjectReference, item: Item)> {
    state.buckets.sorted { $0.key < $1.key }.lazy.flatMap { bucket, contents in
      contents.items.lazy.map { (reference: ObjectReference(bucket: bucket, key: $0.key), item: $0) }
    }
  }

  /// Writes the objects. Replaces `listed` by what is written.
  private func write(
    _ name: String, _ listed: inout State, _ saved: Saved, isEverything: Bool
  ) throws(StateFailure) {
    listed.source = SnapshotSource(store: store, name: name)
    for bucket in Array(listed.buckets.keys) {
      var items = listed.buckets.removeValue(forKey: bucket)?.items ?? []
      for index in items.indices {
        if let item = saved.item(items[index].key, in: bucket) { items[index] = item }
      }
      listed.buckets[bucket] = BucketState(items: items)
    }
    try store.write(listed, name: name, endpoint: session.endpoint, isEverything: isEverything)
  }

  private func establishTrust(
    _ entries: some Sequence<(reference: ObjectReference, item: Item)>, _ source: any StateSource
  ) async throws(StateFailure) {
    let pairs = entries.lazy.map { entry in
      Comparison.Pair(bucket: entry.reference.bucket, key: entry.item.key, expected: nil, actual: entry.item)
    }
    try await ContentComparer(session, expected: source, actual: source).establishTrust(
      pairs, needsBoth: false)
  }

  /// Saves an object. Returns `nil` if it was deleted meanwhile.
  private func save(
    _ item: Item, _ reference: ObjectReference, from source: any StateSource, _ index: BlobIndex
  ) async throws(StateFailure) -> (item: Item, isFetched: Bool)? {
    guard let endpoint = source as? EndpointSource, case .object(let etag, _) = item.content else { return nil }
    var result = item
    do throws(StateFailure) {
      if let digests = index.find(knownMD5(of: item, etag, reference.bucket), item.size) {
        let properties = try await endpoint.properties(of: item, in: reference.bucket, readsTags: false)
        result.content = .blob(digests.sha256, md5: digests.md5)
        result.stated = StatedProperties(properties)
        return (result, false)
      }
      let temporary = try store.cache.partial.path()
      let (head, digests): (ObjectHead, ContentDigests)
      do throws(StateFailure) {
        (head, digests) = try await endpoint.download(item, in: reference.bucket, to: temporary)
        try store.adopt(temporary, as: digests)
      } catch {
        FileAccess.remove(temporary)
        throw error
      }
      index.add(digests, head.size)
      let tags = try await s3 { () async throws(S3Error) in
        try await session.store.tags(of: reference, counted: head.tagCount)
      }
      result.size = head.size
      result.content = .blob(digests.sha256, md5: digests.md5)
      result.stated = StatedProperties(Properties(head.properties, tags: tags))
      endpoint.remember(
        head, result.stated?.properties ?? Properties(), md5: digests.md5, of: item, in: reference.bucket)
      return (result, true)
    } catch {
      // Gone, or written again: the second listing shows it.
      if error.cause == .noSuchKey || error.cause == .preconditionFailed { return nil }
      throw error
    }
  }

  private func knownMD5(of item: Item, _ etag: ETag, _ bucket: String) -> MD5Digest? {
    if item.size == 0 { return .ofNothing }
    if let md5 = session.known(bucket).contents(of: item.key, etag: etag, size: item.size)?.md5 { return md5 }
    if session.trust.verdict == .right, case .md5(let md5) = ETagForm(etag) { return md5 }
    return nil
  }
}

package import S3
import Synchronization

/// Reads the current contents of an endpoint's buckets.
package struct EndpointReader: Sendable {
  private let session: Session

  package init(_ session: Session) { self.session = session }

  /// Returns the part in scope of those of these buckets that exist, or of all if `buckets` is `nil`. `onPage` gets each
  /// page of a listing before the next one is requested. Cost: 1 LIST per 1,000 objects, and one ListBuckets for all.
  package func state(
    of buckets: [String]?, scope: Scope = .everything, onPage: @escaping @Sendable (ListedPage) -> Void = { _ in }
  ) async throws(StateFailure) -> State {
    var names = buckets ?? []
    if buckets == nil {
      names = try await s3 { () async throws(S3Error) in try await session.store.listBuckets() }.map(\.name)
    }
    names.removeAll { !scope.includes($0) }
    // Reads what earlier runs remembered from the disk while the first pages are in flight.
    Task { [session, names] in
      session.hashes.prepare()
      for name in names { _ = session.known(name) }
    }
    let listed = try await concurrently(names, width: 4) { name throws(StateFailure) in
      (name, try await bucket(name, prefix: scope.prefix(in: name), scope: scope, onPage: onPage))
    }
    let found = listed.compactMap { name, state in state.map { (name, $0) } }
    return State(
      buckets: Dictionary(found) { $1 },
      source: EndpointSource(session, Dictionary(found.map { ($0, $1.listed) }) { $1 }))
  }

  /// Returns the objects of a bucket below a prefix, as far as they are in scope; `nil` if the bucket does not exist.
  /// Throws if the listing is interrupted. `onPage` gets each page before the next one is requested.
  package func bucket(
    _ name: String, prefix: ObjectKey = "", scope: Scope = .everything,
    onPage: @Sendable (ListedPage) -> Void = { _ in }
  ) async throws(StateFailure) -> BucketState? {
    var state = BucketState()
    var isInOrder = true
    var last: ObjectKey?
    var request = ListRequest(bucket: name, prefix: prefix, delimiter: nil)
    repeat {
      let page: ListPage
      do throws(S3Error) { page = try await session.store.listObjects(request) } catch {
        if error.code == .noSuchBucket { return nil }
        throw StateFailure(error)
      }
      // The first page's time: later pages may be newer.
      state.listed = state.listed ?? page.served ?? .now()
      let start = state.items.count
      for object in page.objects where scope.includes(name, object.key) {
        if let last, !(last < object.key) { isInOrder = false }
        last = object.key
        state.items.append(
          Item(key: object.key, size: object.size, content: .object(object.etag, object.lastModified)))
      }
      onPage(ListedPage(bucket: name, items: Array(state.items[start...]), isInOrder: isInOrder))
      session.progress.step(page.objects.count)
      request.continuationToken = page.nextToken
    } while request.continuationToken != nil
    // Most servers list in order; the comparison relies on it.
    if !isInOrder { state.items.sort { $0.key < $1.key } }
    return state
  }
}

/// A page of a bucket's listing, as far as it is in scope.
package struct ListedPage: Sendable {
  package let bucket: String
  package let items: [Item]
  /// Whether its keys, and those of all pages before, are in order. Otherwise the bucket's objects are sorted at the end.
  package let isInOrder: Bool
}

/// Reads the current objects of an endpoint.
package struct EndpointSource: StateSource {
  private let session: Session
  /// When each bucket was listed.
  private let listed: [String: Timestamp?]

  init(_ session: Session, _ listed: [String: Timestamp?]) {
    self.session = session
    self.listed = listed
  }

  package var label: String { session.endpoint }

  /// Returns what is known about an object without a request.
  func known(_ item: Item, in bucket: String) -> KnownObjects.Entry? {
    guard case .object(let etag, let modified) = item.content, !session.isThorough else { return nil }
    return session.known(bucket).clean(item.key, etag: etag, size: item.size, modified: modified)
  }

  package func properties(of item: Item, in bucket: String, readsTags: Bool) async throws(StateFailure) -> Properties {
    let reference = ObjectReference(bucket: bucket, key: item.key)
    if let entry = known(item, in: bucket) {
      guard readsTags || !entry.properties.tags.isEmpty else { return entry.properties }
      var entry = entry
      let tags = try await s3 { () async throws(S3Error) in try await session.store.tags(of: reference) }
      entry.properties.tags = Dictionary(tags.map { ($0.key, $0.value) }) { $1 }
      session.known(bucket).remember(item.key, entry)
      return entry.properties
    }
    let (head, tags) = try await s3 { () async throws(S3Error) in
      let head = try await session.store.headObject(reference, conditions: .none, versionID: nil)
      return (head, try await session.store.tags(of: reference, counted: head.tagCount))
    }
    let properties = Properties(head.properties, tags: tags)
    remember(head, properties, md5: nil, of: item, in: bucket)
    return properties
  }

  /// Remembers an object as a HEAD or GET returned it. It counts as observed when the bucket was listed: later changes
  /// show in the next listing, or are fetched again.
  func remember(
    _ head: ObjectHead, _ properties: Properties, md5: MD5Digest?, of item: Item, in bucket: String
  ) {
    guard case .object(let etag, let modified) = item.content, head.etag == etag,
      let observed = listed[bucket] ?? nil
    else { return }
    let known = session.known(bucket).contents(of: item.key, etag: etag, size: item.size)?.md5
    session.known(bucket).remember(
      item.key,
      KnownObjects.Entry(
        etag: etag, size: item.size, modified: .at(modified), observed: observed, properties: properties,
        md5: md5 ?? known))
  }

  package func md5(of item: Item, in bucket: String) async throws(StateFailure) -> MD5Digest {
    guard case .object(let etag, _) = item.content else { throw StateFailure(.trouble, "\(item.key) is not in S3") }
    if item.size == 0 { return .ofNothing }
    if let md5 = session.known(bucket).contents(of: item.key, etag: etag, size: item.size)?.md5 { return md5 }
    if case .md5(let md5) = ETagForm(etag), session.trust.verdict == .right { return md5 }
    return try await fetchedMD5(of: item, in: bucket)
  }

  /// Returns the MD5 of the fetched bytes, whatever the listing contains. Cost: one GET.
  func fetchedMD5(of item: Item, in bucket: String) async throws(StateFailure) -> MD5Digest {
    guard case .object(let etag, _) = item.content else { throw StateFailure(.trouble, "\(item.key) is not in S3") }
    let sink = DigestingSink()
    let reference = ObjectReference(bucket: bucket, key: item.key)
    let head = try await s3 { () async throws(S3Error) in
      try await session.store.getObject(
        reference, range: nil, conditions: .none, versionID: nil, into: sink)
    }
    let md5 = sink.digests.md5
    // Only what a plain ETag does not show needs to be remembered; the properties came with the answer.
    if ETagForm(etag) != .md5(md5), head.tagCount == 0 {
      remember(head, Properties(head.properties, tags: []), md5: md5, of: item, in: bucket)
    }
    return md5
  }

  package func bytes(of item: Item, in bucket: String, limit: Int) async throws(StateFailure) -> [UInt8] {
    let wanted = min(Int64(limit), item.size)
    if wanted == 0 { return [] }
    let sink = CollectingBytes()
    let reference = ObjectReference(bucket: bucket, key: item.key)
    _ = try await s3 { () async throws(S3Error) in
      try await session.store.getObject(
        reference, range: wanted < item.size ? 0..<wanted : nil, conditions: .none, versionID: nil, into: sink)
    }
    return sink.bytes
  }

  package func file(of item: Item, in bucket: String) async throws(StateFailure) -> LocalFile {
    let path = FileAccess.temporaryPath()
    let file = LocalFile(path: path, isTemporary: true)
    _ = try await download(item, in: bucket, to: path)
    return file
  }

  /// Fetches an object into a new file, in constant memory. Returns its head and digests.
  func download(
    _ item: Item, in bucket: String, to path: String, for audience: FileAccess.Audience = .owner
  ) async throws(StateFailure) -> (head: ObjectHead, digests: ContentDigests) {
    let sink = try FileSink(path, for: audience)
    let reference = ObjectReference(bucket: bucket, key: item.key)
    let head: ObjectHead
    do throws(S3Error) {
      head = try await session.store.getObject(reference, range: nil, conditions: .none, versionID: nil, into: sink)
    } catch {
      // A full disk ends the transfer: report that, not the broken transfer.
      try sink.requireNoFailure()
      throw StateFailure(error)
    }
    return (head, try sink.finish())
  }
}

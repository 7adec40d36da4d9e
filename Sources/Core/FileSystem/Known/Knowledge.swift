import Dispatch
import S3
import Synchronization

/// The knowledge of S3: buckets, names, headers. From the caches, else from S3 in as few requests as possible.
package final class Knowledge: FileSystemPart {
  let common: Common
  /// The budget of listings, remembered headers and inodes, taken from that of cached contents.
  let nameMemory: ByteBudget
  let directories: Mutex<DirectoryCache>
  /// The latest snapshots of large listings, while these are current.
  let snapshots = Mutex(LRUCache<DirectoryLocation, DirectorySnapshot>(capacity: 50_000))
  let walks: Mutex<TreeScanDetector>
  let buckets = Mutex(BucketCache())
  let bucketHabits = Mutex(BucketHabits())
  let metadata: Mutex<MetadataMemory>
  let metadataLog: MetadataLog?
  let attributesHere = Mutex(LocalAttributes())
  /// Recent queries of objects that are read by key.
  let checks = Mutex(ReadRate())
  let listingUse = CacheCounter()
  let headerUse = CacheCounter()
  let listings = SingleFlight<ListingKey, DirectoryListing, FileSystemError>()
  /// Requests in flight for pages of all keys of a bucket.
  let wholeBuckets = SingleFlight<DirectoryLocation, Bool, FileSystemError>()
  /// Requests in flight for pages of all keys below a directory.
  let walkPages = SingleFlight<DirectoryLocation, Void, FileSystemError>()
  let headerQuestions = SingleFlight<ObjectReference, Void, FileSystemError>()
  let bucketLists = SingleFlight<Int, [BucketSummary], FileSystemError>()
  /// The buckets that this process made and has not deleted.
  let madeBuckets = Mutex<[String: BucketSummary]>([:])
  private let recall = Mutex<Task<Void, Never>?>(nil)
  private let lastMeeting = Mutex<ContinuousClock.Instant?>(nil)

  init(_ common: Common, memory: ByteBudget, shares: MemoryShares) {
    self.common = common
    nameMemory = memory
    let options = common.options
    directories = Mutex(
      DirectoryCache(
        lifetime: options.ttl ?? Burst.longestWindow, capacity: shares.listings, names: memory, wall: common.time.wall))
    walks = Mutex(TreeScanDetector(ttl: options.pace))
    metadata = Mutex(MetadataMemory(readsAll: options.readsAllMetadata, capacity: shares.headers, names: memory))
    metadataLog = options.metadataFile.flatMap { MetadataLog(path: $0) }
    recall.withLock { $0 = Task { [weak self] in await self?.recallMetadata() } }
  }

  // MARK: Observers

  /// Calls of two observers that are no further apart count as simultaneous: some ticks of any kernel's clock.
  package static let company = Duration.milliseconds(30)

  /// Records that two observers call at the same time. The kernel has one place for a file's attributes: those reported
  /// to one of them must not answer the other. And it lets one at a time create a name in a directory: the others wait,
  /// which is a pause, so that each look is a burst of its own.
  package func observersMet(at now: ContinuousClock.Instant) { lastMeeting.withLock { $0 = now } }

  /// Whether a single observer has called for some time.
  var hasOneObserver: Bool { lastMeeting.withLock { $0.map { time.now() - $0 > Self.company } ?? true } }

  // MARK: Remembered headers

  /// Restores what was remembered on disk, on a thread that may block.
  func recallMetadata() async {
    guard let metadataLog else { return }
    await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .utility).async {
        metadataLog.read { entry in
          self.metadata.withLock { $0.recall(entry.head, of: entry.reference, isListed: entry.isListed) }
        }
        continuation.resume()
      }
    }
  }

  /// Waits until what was remembered on disk is restored. Nothing depends on it but attributes in listings.
  package func recalled() async { await recall.withLock { $0 }?.value }
}

extension Knowledge {
  // MARK: Buckets

  /// Returns the buckets shown, and since when they are known. Cost: one ListBuckets per ttl.
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
        // What is cached here of a bucket disappears with it, except for what is still to be saved.
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
      // A user with access to the chosen buckets may lack permission to list all of them.
      guard error.code == .accessDenied, !options.buckets.isEmpty else { throw FileSystemError(error) }
      return options.buckets.map { BucketSummary(name: $0.bucket, created: Timestamp(seconds: 0)) }
    }
  }

  /// Shares work in flight with other callers, if it began within this one's horizon.
  func share<Key, Value>(
    _ flights: SingleFlight<Key, Value, FileSystemError>, _ key: Key,
    _ work: @escaping @Sendable () async throws(FileSystemError) -> Value
  ) async throws(FileSystemError) -> Value {
    try await flights.run(key, since: horizon.requested, now: time.now(), work)
  }

  /// Adds own buckets to the list. Some servers list no bucket for signed requests (SeaweedFS without a configuration):
  /// buckets that were made here are shown as long as they exist. Cost: one HEAD for each that was made here and is not
  /// listed.
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

  /// Returns whether a key is in the chosen buckets, and below their prefixes.
  func isShown(_ reference: ObjectReference) -> Bool {
    options.buckets.isEmpty
      || options.buckets.contains { scope in
        scope.bucket == reference.bucket && reference.key.hasPrefix(ObjectKey(scope.prefix))
      }
  }

  /// Returns where a bucket's directory begins: at its scope's prefix.
  func location(ofBucket name: String) -> DirectoryLocation {
    DirectoryLocation(bucket: name, prefix: ObjectKey(options.buckets.first { $0.bucket == name }?.prefix ?? ""))
  }

  /// Requires that a bucket is among those shown. Throws notFound.
  func requireBucket(_ name: String, freshness: Freshness) async throws(FileSystemError) {
    guard try await knownBuckets(freshness: freshness).contains(where: { $0.name == name }) else {
      throw FileSystemError(.notFound, "there is no bucket \(name)")
    }
  }
}

/// Identifies a listing in flight, which all callers share. A probe may end without an answer, so it has another key.
struct ListingKey: Hashable, Sendable {
  var location: DirectoryLocation
  var isProbe: Bool
}

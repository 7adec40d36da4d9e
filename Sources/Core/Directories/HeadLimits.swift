import S3

/// Limits the HEADs for names that are looked up: enough to show a person's folder completely, few beside the listing of
/// a large directory.
struct HeadLimits {
  /// The limit for names of one directory within a ttl.
  static let perDirectory = 32
  /// The limit for a whole bucket, so that a program that looks at every name of a tree waits for few.
  static let perBucket = 128

  /// The bytes of memory for entries of one kind.
  static let capacity = 2 << 20
  /// The size of an entry of an LRU cache: a node and an index, with room to grow.
  static let bytesPerEntry = 192

  /// The HEADs since a time.
  private struct Asked {
    var count = 0
    let since: ContinuousClock.Instant
    /// The lookups that needed a request.
    var order = NameOrder()
  }

  private var directories = LRUCache<DirectoryLocation, Asked>(capacity: capacity)
  private var buckets = LRUCache<String, Asked>(capacity: 1024)
  /// When larger directories were listed: then all of their names are shown alike, as the listing shows them.
  private var largeListings = LRUCache<DirectoryLocation, ContinuousClock.Instant>(capacity: capacity)
  /// Whether there is no limit.
  private let readsAll: Bool

  /// - Parameter readsAll: see `FileSystemOptions.readsAllMetadata`.
  init(readsAll: Bool) { self.readsAll = readsAll }

  /// Notes that a directory was listed for a caller.
  mutating func noteListing(of location: DirectoryLocation, names: Int, now: ContinuousClock.Instant) {
    guard names > Self.perDirectory else { return }
    _ = largeListings.set(location, now, cost: Self.bytesPerEntry + location.prefix.heapBytes)
  }

  /// Returns whether headers of the directory's names may be requested now.
  mutating func mayAsk(in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration) -> Bool {
    readsAll || allowed(in: location, now: now, ttl: ttl) != nil
  }

  /// Records that the headers of a name, or of one that is prefetched, are requested; false if they may not be.
  mutating func ask(in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration) -> Bool {
    if readsAll { return true }
    guard var (inDirectory, inBucket) = allowed(in: location, now: now, ttl: ttl) else { return false }
    inDirectory.count += 1
    inBucket.count += 1
    set(inDirectory, of: location)
    _ = buckets.set(location.bucket, inBucket)
    return true
  }

  /// Returns how many names after a queried one are worth prefetching: none, until names are looked up in order; then
  /// as many as were queried before.
  mutating func namesAhead(
    of segment: ByteName, in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration
  ) -> Int {
    if readsAll { return 0 }
    var asked = Self.recent(directories.get(location), now, ttl)
    let inOrder = asked.order.note(segment)
    set(asked, of: location)
    return inOrder < 2 ? 0 : max(0, min(asked.count, Self.perDirectory - asked.count - 1))
  }

  /// Returns what was asked within the ttl; nil if a limit is reached.
  private mutating func allowed(
    in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration
  ) -> (inDirectory: Asked, inBucket: Asked)? {
    let inDirectory = Self.recent(directories.get(location), now, ttl)
    let inBucket = Self.recent(buckets.get(location.bucket), now, ttl)
    guard inDirectory.count < Self.perDirectory, inBucket.count < Self.perBucket else { return nil }
    if let listed = largeListings.get(location), now - listed < ttl { return nil }
    return (inDirectory, inBucket)
  }

  private static func recent(_ known: Asked?, _ now: ContinuousClock.Instant, _ ttl: Duration) -> Asked {
    guard let known, now - known.since < ttl else { return Asked(since: now) }
    return known
  }

  private mutating func set(_ asked: Asked, of location: DirectoryLocation) {
    let cost = Self.bytesPerEntry + location.prefix.heapBytes + asked.order.last.heapBytes
    _ = directories.set(location, asked, cost: cost)
  }
}

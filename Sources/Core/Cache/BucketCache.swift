import S3

/// The list of buckets, and since when it is known.
struct BucketCache {
  typealias Instant = ContinuousClock.Instant

  let ttl: Duration
  private var known: (buckets: [BucketSummary], at: Instant)?
  /// Grows with each change made here, so that an older list does not undo it.
  private(set) var changes = 0

  init(ttl: Duration) { self.ttl = ttl }

  func fresh(now: Instant) -> (buckets: [BucketSummary], at: Instant)? {
    guard let known, now - known.at < ttl else { return nil }
    return known
  }

  /// When the bucket was created, as last known; a stable time for directories that have none of their own.
  func created(_ bucket: String) -> Timestamp? { known?.buckets.first { $0.name == bucket }?.created }

  /// When the newest bucket was created, as last known.
  var newest: Timestamp? { known?.buckets.map(\.created).max() }

  /// Installs a list that was requested when `changes` had that value.
  mutating func install(_ buckets: [BucketSummary], requestedAt change: Int, now: Instant) {
    if change == changes { known = (buckets, now) }
  }

  /// Buckets were created or deleted by this process.
  mutating func invalidate() {
    changes += 1
    known = known.map { ($0.buckets, $0.at - ttl) }
  }
}

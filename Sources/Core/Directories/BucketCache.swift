import S3

/// The list of buckets, and since when it is known.
struct BucketCache {
  typealias Instant = ContinuousClock.Instant

  private var known: (buckets: [BucketSummary], at: Learned)?
  private var isOutdated = false
  /// Grows with each change made here, so that an older list does not undo it.
  private(set) var changes = 0

  func fresh(within horizon: Horizon) -> (buckets: [BucketSummary], at: Learned)? {
    guard let known, !isOutdated, horizon.reaches(known.at) else { return nil }
    return known
  }

  /// When the bucket was created, as last known; a stable time for directories that have none of their own.
  func created(_ bucket: String) -> Timestamp? { known?.buckets.first { $0.name == bucket }?.created }

  /// When the newest bucket was created, as last known.
  var newest: Timestamp? { known?.buckets.map(\.created).max() }

  /// Installs a list that was requested when `changes` had that value. Returns whether others made or deleted buckets.
  mutating func install(_ buckets: [BucketSummary], requestedAt change: Int, _ at: Learned) -> Bool {
    guard change == changes else { return false }
    defer { (known, isOutdated) = ((buckets, at), false) }
    return known.map { Set($0.buckets.map(\.name)) != Set(buckets.map(\.name)) } ?? false
  }

  /// Buckets were created or deleted by this process.
  mutating func invalidate() {
    changes += 1
    isOutdated = true
  }
}

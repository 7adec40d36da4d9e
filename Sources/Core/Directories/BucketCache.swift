import S3

/// The list of buckets, and when it was learnt.
struct BucketCache {
  typealias Instant = ContinuousClock.Instant

  private var known: (buckets: [BucketSummary], at: Learned)?
  private var isOutdated = false
  /// Incremented by each change made here, so that an older list does not undo it.
  private(set) var changes = 0

  func fresh(within horizon: Horizon) -> (buckets: [BucketSummary], at: Learned)? {
    guard let known, !isOutdated, horizon.reaches(known.at) else { return nil }
    return known
  }

  /// Returns when the bucket was created, as last known; a stable time for directories that have none of their own.
  func created(_ bucket: String) -> Timestamp? { known?.buckets.first { $0.name == bucket }?.created }

  /// When the newest bucket was created, as last known.
  var newest: Timestamp? { known?.buckets.map(\.created).max() }

  /// The changes that other clients made to the list of buckets.
  struct Change {
    /// Whether they created or deleted any.
    var isAny = false
    /// Buckets that they deleted, or deleted and created anew.
    var gone: [String] = []
  }

  /// Installs a list that was requested when `changes` had that value. Returns what other clients changed.
  mutating func install(_ buckets: [BucketSummary], requestedAt change: Int, _ at: Learned) -> Change {
    guard change == changes else { return Change() }
    defer { (known, isOutdated) = ((buckets, at), false) }
    guard let known else { return Change() }
    let left = Set(buckets)
    let gone = known.buckets.filter { !left.contains($0) }.map(\.name)
    return Change(isAny: Set(known.buckets.map(\.name)) != Set(buckets.map(\.name)), gone: gone)
  }

  /// Invalidates the list after this process created or deleted buckets.
  mutating func invalidate() {
    changes += 1
    isOutdated = true
  }
}

import S3

/// Observations about buckets that let one request cover much of what comes next in them. Pure.
struct BucketHabits {
  typealias Instant = ContinuousClock.Instant

  private struct Habits {
    /// When it was last seen to have more keys than one page, or to deny such a listing; nil: never.
    var largeSince: Instant?
    /// The directory that was last requested.
    var visited: DirectoryLocation?
    /// When S3 last returned something of it.
    var answered: Learned?
  }

  /// A large bucket may have become a small one: after this time without proof that it is large, that is tried again.
  static let patience = Duration.seconds(60)

  private var habits = LRUCache<String, Habits>(capacity: 4096)

  private mutating func change(_ bucket: String, _ body: (inout Habits) -> Void) {
    var known = habits.get(bucket) ?? Habits()
    body(&known)
    _ = habits.set(bucket, known)
  }

  /// Programs that keep querying one bucket do so within this time. A page of all keys is a slow answer, meant for
  /// observers that come after a pause, and may query anything.
  static let shortestPause = Duration.milliseconds(150)

  /// Returns whether one page may hold all keys, and is worth requesting. False until the bucket is queried for the
  /// second time: until then a large one costs no page more than its directories do.
  mutating func mayBeSmall(_ bucket: String, now: Instant) -> Bool {
    guard let known = habits.get(bucket), let answered = known.answered, now - answered.arrived >= Self.shortestPause
    else { return false }
    return known.largeSince.map { now - $0 >= Self.patience } ?? true
  }

  mutating func note(_ bucket: String, isSmall: Bool, now: Instant) {
    change(bucket) { $0.largeSince = isSmall ? nil : now }
  }

  /// A directory with this many names fills a page.
  static let namesOfAPage = 1000

  /// Notes that S3 returned something of a bucket, for a directory that was requested.
  mutating func note(answerOf bucket: String, _ learned: Learned, visited: DirectoryLocation?) {
    change(bucket) {
      $0.answered = learned
      if let visited { $0.visited = visited }
    }
  }

  /// Returns whether the bucket is known to exist, because S3 returned something of it.
  mutating func isKnown(_ bucket: String, within horizon: Horizon) -> Bool {
    habits.get(bucket)?.answered.map { horizon.reaches($0) } ?? false
  }

  /// Returns the directory that was last requested in a bucket; for buckets that one page does not hold.
  mutating func visited(in bucket: String) -> DirectoryLocation? { habits.get(bucket)?.visited }

  mutating func forget(_ bucket: String) { habits.remove(bucket) }
}

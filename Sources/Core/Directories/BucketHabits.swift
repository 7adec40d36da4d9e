import S3

/// What was seen of buckets that lets one request answer for much of what comes next in them. Pure.
struct BucketHabits {
  typealias Instant = ContinuousClock.Instant

  private struct Habits {
    /// When it was last seen to have more keys than one page, or its owner to permit no such listing; nil: never.
    var largeSince: Instant?
    /// The directory that was last asked for.
    var visited: DirectoryLocation?
    /// When S3 last showed something of it.
    var answered: Learned?
  }

  /// A large bucket may have become a small one: so long after it was last seen to be large, that is tried again.
  static let patience = Duration.seconds(60)

  private var habits = LRUCache<String, Habits>(capacity: 4096)

  private mutating func change(_ bucket: String, _ body: (inout Habits) -> Void) {
    var known = habits.get(bucket) ?? Habits()
    body(&known)
    _ = habits.set(bucket, known)
  }

  /// Programs that go on looking at one bucket do so within this time. A page of all keys is a slow answer, which is for
  /// those who come after a pause, and may look anywhere.
  static let shortestPause = Duration.milliseconds(150)

  /// Whether one page may hold all keys, and is worth it. Not before the bucket is looked at for the second time: until then a
  /// large one costs no page more than its directories do.
  mutating func mayBeSmall(_ bucket: String, now: Instant) -> Bool {
    guard let known = habits.get(bucket), let answered = known.answered, now - answered.arrived >= Self.shortestPause
    else { return false }
    return known.largeSince.map { now - $0 >= Self.patience } ?? true
  }

  mutating func note(_ bucket: String, isSmall: Bool, now: Instant) {
    change(bucket) { $0.largeSince = isSmall ? nil : now }
  }

  /// A directory with so many names fills a page.
  static let namesOfAPage = 1000

  /// S3 showed something of a bucket, of a directory that was asked for.
  mutating func note(answerOf bucket: String, _ learned: Learned, visited: DirectoryLocation?) {
    change(bucket) {
      $0.answered = learned
      if let visited { $0.visited = visited }
    }
  }

  /// Whether the bucket is known to exist, because S3 showed something of it.
  mutating func isKnown(_ bucket: String, within horizon: Horizon) -> Bool {
    habits.get(bucket)?.answered.map { horizon.reaches($0) } ?? false
  }

  /// The directory that was last asked for, where one page does not hold the whole bucket.
  mutating func visited(in bucket: String) -> DirectoryLocation? { habits.get(bucket)?.visited }

  mutating func forget(_ bucket: String) { habits.remove(bucket) }
}

/// When to look for watches next. Pure: it is given the times.
///
/// A watch is set by a path, so the mount is asked something before, at most as long ago as the kernel may remember
/// names: the ttl. Nothing was asked and nothing is followed: nothing to look for.
struct ScanPace {
  typealias Instant = ContinuousClock.Instant

  static let shortest = Duration.seconds(1)
  /// Of one core at most a hundredth is spent in looking.
  static let restFactor = 100

  let ttl: Duration
  private var next: Instant
  private var interval = shortest
  private var lastActivity: Instant?

  init(ttl: Duration, now: Instant) {
    self.ttl = ttl
    next = now
  }

  /// The time of the next look; nil: none, until the mount is asked something.
  func due(now: Instant, hasActivity: Bool, isFollowing: Bool) -> Instant? {
    let mayBeNew = lastActivity.map { now < $0 + ttl + interval * 2 } ?? false
    return hasActivity || isFollowing || mayBeNew ? next : nil
  }

  mutating func looked(from start: Instant, to end: Instant, hadActivity: Bool) {
    if hadActivity { lastActivity = start }
    interval = max(Self.shortest, (end - start) * Self.restFactor)
    next = end + interval
  }
}

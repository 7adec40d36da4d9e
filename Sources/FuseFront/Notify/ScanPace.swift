/// When to look for watches next. Pure: it is given the times.
///
/// A watch is set by a path, so the mount is asked something before, at most as long ago as the kernel may remember
/// names: the ttl. Nothing was asked and nothing is followed: nothing to look for.
struct ScanPace {
  typealias Instant = ContinuousClock.Instant

  static let shortest = Duration.seconds(1)
  /// A new watch is found within about two seconds, also on a busy machine.
  static let longest = Duration.milliseconds(1500)
  /// Of one core a hundredth is spent in looking, as long as that does not take longer than the longest pause; and never
  /// more than a tenth.
  static let restFactor = 100
  static let leastRestFactor = 10

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

  /// - Parameter work: what the look took of a core; by the clock it may take far longer where others want it, too.
  mutating func looked(from start: Instant, to end: Instant, work: Duration, hadActivity: Bool) {
    if hadActivity { lastActivity = start }
    interval = max(Self.shortest, min(work * Self.restFactor, max(Self.longest, work * Self.leastRestFactor)))
    next = end + interval
  }
}

/// Decides when to scan for watches next. Pure: the times are parameters.
///
/// A watch is set by a path, so that a request reaches the mount before, at most as long ago as the kernel may cache
/// names: the ttl. Without requests and followed directories no scan is needed.
struct ScanPace {
  typealias Instant = ContinuousClock.Instant

  static let shortest = Duration.seconds(1)
  /// A new watch is found within about two seconds, even on a busy machine.
  static let longest = Duration.milliseconds(1500)
  /// Scans take a hundredth of one core, as long as the pause for that does not exceed the longest pause; and never
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

  /// Returns the time of the next scan; nil: none, until a request reaches the mount.
  func due(now: Instant, hasActivity: Bool, isFollowing: Bool) -> Instant? {
    let mayBeNew = lastActivity.map { now < $0 + ttl + interval * 2 } ?? false
    return hasActivity || isFollowing || mayBeNew ? next : nil
  }

  /// Records a scan.
  /// - Parameter work: the processor time of the scan; its wall-clock time may be far longer where other threads use
  ///   the processor.
  mutating func looked(from start: Instant, to end: Instant, work: Duration, hadActivity: Bool) {
    if hadActivity { lastActivity = start }
    interval = max(Self.shortest, min(work * Self.restFactor, max(Self.longest, work * Self.leastRestFactor)))
    next = end + interval
  }
}

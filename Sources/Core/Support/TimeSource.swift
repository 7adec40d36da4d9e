private import Glibc

/// The source of time: a parameter, so that tests can let the ttl pass without waiting.
public struct TimeSource: Sendable {
  /// For ages and deadlines; never goes backwards.
  public var now: @Sendable () -> ContinuousClock.Instant
  /// For timestamps of files.
  public var wall: @Sendable () -> Timestamp

  public init(now: @escaping @Sendable () -> ContinuousClock.Instant, wall: @escaping @Sendable () -> Timestamp) {
    self.now = now
    self.wall = wall
  }

  public static let system = TimeSource(now: { ContinuousClock.now }, wall: Self.realTime)

  private static func realTime() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }
}

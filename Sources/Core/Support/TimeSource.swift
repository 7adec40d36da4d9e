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

  public static let system = TimeSource(now: { ContinuousClock.now }, wall: Timestamp.now)
}

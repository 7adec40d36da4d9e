/// Whether to try again, and when. Pure: randomness is a parameter.
public struct RetryPolicy: Hashable, Sendable {
  /// Tries in all, the first included.
  public var attempts = 4
  /// Tries in all while the service has not answered anything yet: LocalStack loads it at the first requests, which may
  /// take seconds on a busy machine.
  public var attemptsWhileStarting = 8
  public var firstDelay: Duration = .milliseconds(50)
  public var longestDelay: Duration = .seconds(5)

  public init() {}

  public static let never: RetryPolicy = {
    var policy = RetryPolicy()
    policy.attempts = 1
    policy.attemptsWhileStarting = 1
    return policy
  }()

  /// How long to wait before the next try; nil to stop. Delays double, and `random` (0 ..< 1) spreads each over its
  /// upper half, so that clients which failed together do not return together.
  public func delay(afterAttempt attempt: Int, cause: RetryCause, safety: RetrySafety, random: Double) -> Duration? {
    let limit = cause == .starting ? attemptsWhileStarting : attempts
    guard attempt < limit, Self.allows(cause, safety) else { return nil }
    let doubled = firstDelay * (1 << min(attempt - 1, 16))
    return min(doubled, longestDelay) * (0.5 + random / 2)
  }

  private static func allows(_ cause: RetryCause, _ safety: RetrySafety) -> Bool {
    switch cause {
    case .unreachable, .throttled, .starting: true
    case .uncertain: safety == .repeatable
    case .final: false
    }
  }
}

/// Whether to try again, and when. Pure: randomness is a parameter.
public struct RetryPolicy: Hashable, Sendable {
  /// Tries in all, the first included.
  public var attempts = 4
  public var firstDelay: Duration = .milliseconds(50)
  public var longestDelay: Duration = .seconds(5)

  public init() {}

  public static let never: RetryPolicy = {
    var policy = RetryPolicy()
    policy.attempts = 1
    return policy
  }()

  /// How long to wait before the next try; nil to stop. Delays double, and `random` (0 ..< 1) spreads each over its
  /// upper half, so that clients which failed together do not return together.
  public func delay(afterAttempt attempt: Int, cause: RetryCause, safety: RetrySafety, random: Double) -> Duration? {
    guard attempt < attempts, Self.allows(cause, safety) else { return nil }
    let doubled = firstDelay * (1 << min(attempt - 1, 16))
    return min(doubled, longestDelay) * (0.5 + random / 2)
  }

  private static func allows(_ cause: RetryCause, _ safety: RetrySafety) -> Bool {
    switch cause {
    case .unreachable, .throttled: true
    case .uncertain: safety == .repeatable
    case .final: false
    }
  }
}

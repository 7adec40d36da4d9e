/// The rules for retries: whether, and when. Pure: randomness is a parameter.
public struct RetryPolicy: Hashable, Sendable {
  /// The number of tries, including the first.
  public var attempts = 4
  /// The number of tries while the service has not answered anything yet: LocalStack loads it at the first requests,
  /// which may take seconds on a busy machine.
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

  /// Returns how long to wait before the next try; nil to stop. Delays double, and `random` (0 ..< 1) spreads each over
  /// its upper half, so that clients which failed together do not return together.
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

/// The possible effects of a request whose answer is lost, and so whether it may be sent again.
public enum RetrySafety: Hashable, Sendable {
  /// Idempotent: reads, deletes, PUT of a whole body.
  case repeatable
  /// Not idempotent: sent twice, it may do harm or be answered differently (a conditional write, a new multipart
  /// upload). Retried only when the server has certainly not begun with it.
  case once
}

/// How a try failed, as far as retries are concerned.
public enum RetryCause: Hashable, Sendable {
  /// No connection: the server has received nothing.
  case unreachable
  /// The server refused for now, and did nothing (503, SlowDown).
  case throttled
  /// A service that is still loading answered that it lacks the operation (501), and did nothing.
  case starting
  /// The server failed (500, 502, 504), or the connection broke: it may have done the work.
  case uncertain
  /// A retry would not help.
  case final
}

/// The requests of one observer (a thread that calls the mount, a connection to the gateway) that follow each other
/// without a pause.
///
/// Whatever an observer causes in S3, or waits for, takes it longer than `pause`. So an answer that was requested from
/// S3 since its burst began shows everything that the observer can know of, and may serve it; an answer requested
/// before may not. A burst that does not end is divided into windows: an answer that S3 gave in an earlier window is
/// not used again. The record is docs/decisions/0047-bursts.md.
public struct Burst: Sendable {
  public typealias Instant = ContinuousClock.Instant

  /// How recent knowledge must be for one request.
  public struct Bounds: Hashable, Sendable {
    /// When the burst began: the request to S3 must have been sent since then.
    public var began: Instant
    /// When the window began: the answer of S3 must have arrived since then.
    public var windowBegan: Instant
  }

  /// The bounds of the request that the current task serves; nil if no caller waits for its result.
  @TaskLocal public static var bounds: Bounds?

  /// How long an observer runs in one window. The time that it waits for answers does not count: else an observer that
  /// waits for S3 most of the time would wait for the same listing again and again.
  public static let longestWindow = Duration.milliseconds(100)
  /// How long a window lasts at most, including all waits.
  public static let longestWait = Duration.milliseconds(500)

  private var bounds: Bounds?
  private var asked: Instant?
  private var answered: Instant?
  /// How long the observer has waited for answers in the window.
  private var waited = Duration.zero

  public init() {}

  /// Records a request. Returns its bounds.
  /// - Parameter pause: no write to S3 takes less, from the request to the answer.
  public mutating func asks(at now: Instant, pause: Duration) -> Bounds {
    defer { asked = now }
    if var bounds, let answered, now - answered < pause {
      if now - bounds.windowBegan - waited >= Self.longestWindow || now - bounds.windowBegan >= Self.longestWait {
        bounds.windowBegan = now
        waited = .zero
      }
      self.bounds = bounds
      return bounds
    }
    let bounds = Bounds(began: now, windowBegan: now)
    (self.bounds, waited) = (bounds, .zero)
    return bounds
  }

  /// Records that the answer is about to be sent.
  public mutating func isAnswered(at now: Instant) {
    if let asked { waited += max(.zero, now - asked) }
    (asked, answered) = (nil, now)
  }

  /// Records that the observer waited for a processor: the answer counts as sent only now.
  public mutating func wasHeldUp(until now: Instant) { answered = answered.map { max($0, now) } }

  /// When the last answer was sent.
  public var lastAnswered: Instant? { answered }
}

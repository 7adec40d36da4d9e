/// When something was learnt from S3.
struct Learned: Hashable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// When S3 was asked; of several pages the first. A change that S3 acknowledged before is part of the answer.
  var requested: Instant
  /// When the answer was there; of several pages the last.
  var arrived: Instant
}

extension Learned {
  /// What is known at a time without asking.
  init(at now: Instant) { self.init(requested: now, arrived: now) }
}

/// How recent knowledge must be to answer one request.
struct Horizon: Hashable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// S3 must have been asked for it at this time or later; nil: whenever.
  var requested: Instant?
  /// Its answer must have come after this; nil: whenever.
  var arrived: Instant?
  /// When the request came, of which a slow answer is good for as long as it took: at most half of the time goes into
  /// asking. nil: slow answers last no longer than others.
  var now: Instant?

  func reaches(_ learned: Learned) -> Bool {
    if let requested, learned.requested < requested { return false }
    guard let arrived, learned.arrived <= arrived else { return true }
    return now.map { $0 - learned.arrived < learned.arrived - learned.requested } ?? false
  }
}

/// The requests of one observer (a thread that calls the mount, a connection to the gateway) that follow each other without
/// a pause.
///
/// Whatever an observer causes in S3, or waits for, takes it longer than `pause`. So what S3 was asked for since its burst
/// began shows all that the observer can know of, and may answer it; what was asked for before may not. A burst that does not
/// end is made of windows: what S3 answered in a window before is not used again. The record is docs/decisions/0047-bursts.md.
public struct Burst: Sendable {
  public typealias Instant = ContinuousClock.Instant

  /// How recent knowledge must be for one request.
  public struct Bounds: Hashable, Sendable {
    /// When the burst began: S3 must have been asked since then.
    public var began: Instant
    /// When the window began: S3 must have answered since then.
    public var windowBegan: Instant
  }

  /// Those of the request for which the present task works; nil where nobody waits for its result.
  @TaskLocal public static var bounds: Bounds?

  /// How long an observer runs in one window. The time that it waits for answers is not its own: else one who waits for S3
  /// most of the time would wait for the same listing again and again.
  public static let longestWindow = Duration.milliseconds(100)
  /// How long a window lasts at most, with all that is waited for.
  public static let longestWait = Duration.milliseconds(500)

  private var bounds: Bounds?
  private var asked: Instant?
  private var answered: Instant?
  /// How long answers of the window were waited for.
  private var waited = Duration.zero

  public init() {}

  /// A request has come.
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

  /// The answer is about to be sent.
  public mutating func isAnswered(at now: Instant) {
    if let asked { waited += max(.zero, now - asked) }
    (asked, answered) = (nil, now)
  }

  /// The observer waited for a processor: it is as if the answer came only now.
  public mutating func wasHeldUp(until now: Instant) { answered = answered.map { max($0, now) } }

  /// When it was last answered.
  public var lastAnswered: Instant? { answered }
}

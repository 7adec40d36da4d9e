/// When something was learnt from S3.
struct Learned: Hashable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// When the request was sent to S3; of several pages the first. A change that S3 acknowledged before is part of the
  /// answer.
  var requested: Instant
  /// When the answer arrived; of several pages the last.
  var arrived: Instant
}

extension Learned {
  /// Describes knowledge that needs no request, at this time.
  init(at now: Instant) { self.init(requested: now, arrived: now) }
}

/// How recent knowledge must be to answer one request.
struct Horizon: Hashable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// S3 must have been queried at this time or later; nil: at any time.
  var requested: Instant?
  /// The answer must have arrived after this; nil: at any time.
  var arrived: Instant?
  /// When the request came. A slow answer is valid from then for as long as it took: at most half of the time is spent
  /// on requests. nil: slow answers last no longer than others.
  var now: Instant?

  func reaches(_ learned: Learned) -> Bool {
    if let requested, learned.requested < requested { return false }
    guard let arrived, learned.arrived <= arrived else { return true }
    return now.map { $0 - learned.arrived < learned.arrived - learned.requested } ?? false
  }
}

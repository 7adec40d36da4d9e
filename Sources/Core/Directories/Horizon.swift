/// When something was learnt from S3.
struct Learned: Hashable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// When S3 was asked; of several pages the first. A change that S3 acknowledged before is part of the answer.
  var requested: Instant
  /// When the answer was there; of several pages the last.
  var arrived: Instant
}

/// How recent knowledge must be to answer one request.
struct Horizon: Hashable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// S3 must have been asked for it at this time or later; nil: whenever.
  var requested: Instant?
  /// Its answer must have come after this; nil: whenever.
  var arrived: Instant?

  func reaches(_ learned: Learned) -> Bool {
    if let requested, learned.requested < requested { return false }
    if let arrived, learned.arrived <= arrived { return false }
    return true
  }
}

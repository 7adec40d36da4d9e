/// Admits each message once in ten seconds: a dead endpoint fails every request in the same words.
struct LogThrottle {
  private static let pause = Duration.seconds(10)
  /// More different messages than this are forgotten, which only repeats some.
  private static let capacity = 64
  private var admitted: [String: ContinuousClock.Instant] = [:]

  mutating func admits(_ message: String, at now: ContinuousClock.Instant) -> Bool {
    if let last = admitted[message], now - last < Self.pause { return false }
    if admitted.count >= Self.capacity { admitted.removeAll(keepingCapacity: true) }
    admitted[message] = now
    return true
  }
}

import Core
import Synchronization

/// Checks in the background whether S3 answers, and reports it within a second, even if a request would wait much longer.
final class EndpointHealth: Sendable {
  enum Verdict: Equatable, Sendable {
    case answers
    case fails(reason: String)
  }

  private struct Inside {
    var last: (verdict: Verdict, at: ContinuousClock.Instant)?
    /// Numbers the checks: a late answer to an abandoned one is ignored.
    var round = 0
    var isAsking = false
    var waiting: [CheckedContinuation<Verdict, Never>] = []
  }

  private let patience: Duration
  private let ask: @Sendable () async throws(FileSystemError) -> Void
  private let inside = Mutex(Inside())

  /// - Parameter patience: how long a check may take, and how long its result is valid.
  init(patience: Duration = .seconds(1), ask: @escaping @Sendable () async throws(FileSystemError) -> Void) {
    self.patience = patience
    self.ask = ask
  }

  /// Returns a verdict that is at most `patience` old. Cost: one check per `patience`, whatever the number of callers.
  func verdict() async -> Verdict {
    await withCheckedContinuation { continuation in
      let (known, round): (Verdict?, Int?) = inside.withLock { inside in
        if let last = inside.last, ContinuousClock.now - last.at < patience { return (last.verdict, nil) }
        inside.waiting.append(continuation)
        guard !inside.isAsking else { return (nil, nil) }
        inside.isAsking = true
        inside.round += 1
        return (nil, inside.round)
      }
      if let round { begin(round) }
      if let known { continuation.resume(returning: known) }
    }
  }

  private func begin(_ round: Int) {
    let question = Task {
      do throws(FileSystemError) {
        try await ask()
        settle(.answers, round)
      } catch { settle(.fails(reason: error.message), round) }
    }
    Task {
      try? await Task.sleep(for: patience)
      settle(.fails(reason: "S3 does not answer (within \(patience))"), round)
      question.cancel()
    }
  }

  private func settle(_ verdict: Verdict, _ round: Int) {
    let waiting: [CheckedContinuation<Verdict, Never>] = inside.withLock { inside in
      guard inside.isAsking, inside.round == round else { return [] }
      inside.isAsking = false
      inside.last = (verdict, .now)
      defer { inside.waiting = [] }
      return inside.waiting
    }
    for continuation in waiting { continuation.resume(returning: verdict) }
  }
}

import Synchronization

/// The pauses before tries of what S3 has refused: a second, then each twice as long as the one before, up to 30 s.
struct RetryPauses {
  var first = Duration.seconds(1)
  var longest = Duration.seconds(30)
  private(set) var last: Duration?

  mutating func next() -> Duration {
    let next = last.map { min($0 * 2, longest) } ?? first
    last = next
    return next
  }
}

/// Tries in the background until nothing is left to do, one try at a time.
final class Retries: Sendable {
  private let pauses: RetryPauses
  private let state = Mutex<(task: Task<Void, Never>?, isAskedAgain: Bool)>((nil, false))

  init(pauses: RetryPauses = RetryPauses()) { self.pauses = pauses }

  /// Begins to try after a pause, unless it does so already: then what the caller has added is tried as well.
  ///
  /// - Parameter tryAll: the same in every call; returns whether nothing is left.
  func begin(_ tryAll: @escaping @Sendable () async -> Bool) {
    state.withLock { state in
      state.isAskedAgain = true
      if state.task == nil { state.task = Task { await self.run(tryAll) } }
    }
  }

  private func run(_ tryAll: @Sendable () async -> Bool) async {
    var pauses = pauses
    var nothingIsLeft = false
    repeat {
      try? await Task.sleep(for: pauses.next())
      state.withLock { $0.isAskedAgain = false }
      if !Task.isCancelled { nothingIsLeft = await tryAll() }
    } while !hasEnded(nothingIsLeft)
  }

  func cancel() { state.withLock { $0.task?.cancel() } }

  /// Returns whether the task ends. In one step, so that what is added meanwhile is not forgotten.
  private func hasEnded(_ nothingIsLeft: Bool) -> Bool {
    state.withLock { state in
      guard Task.isCancelled || nothingIsLeft && !state.isAskedAgain else { return false }
      state.task = nil
      return true
    }
  }
}

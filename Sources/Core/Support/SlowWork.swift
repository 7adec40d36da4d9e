import Synchronization

/// Acts while work turns out to be slow. One clock looks at all work under way: a timer for each would cost more than a
/// small upload does.
final class SlowWork: Sendable {
  private final class Watched: Sendable {
    let since = ContinuousClock.now
    private let act: @Sendable () -> Void
    /// Held while it acts: the work has not ended for its caller before that is done.
    private let isOver = Mutex(false)

    init(_ act: @escaping @Sendable () -> Void) { self.act = act }

    /// Once, unless the work has ended.
    func wasSlow() {
      isOver.withLock { isOver in
        if !isOver { act() }
        isOver = true
      }
    }

    func end() { isOver.withLock { $0 = true } }
  }

  private struct State {
    var watched: [ObjectIdentifier: Watched] = [:]
    var isLooking = false
  }

  private let limit: Duration
  private let state = Mutex(State())

  /// - Parameter limit: work that takes longer is slow; that is seen up to a quarter of it later.
  init(limit: Duration) { self.limit = limit }

  /// Runs work, and calls `act`, on another thread, if it is slow. Afterwards `act` is not running, nor will be.
  func watch<Value, Failure: Error>(
    ifSlow act: @escaping @Sendable () -> Void, _ work: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let watched = Watched(act)
    let id = ObjectIdentifier(watched)
    let isFirst = state.withLock { state in
      state.watched[id] = watched
      defer { state.isLooking = true }
      return !state.isLooking
    }
    if isFirst { look() }
    defer {
      state.withLock { _ = $0.watched.removeValue(forKey: id) }
      watched.end()
    }
    return try await work()
  }

  private func look() {
    Task { [weak self, limit] in
      while true {
        try? await Task.sleep(for: limit / 4)
        guard let self, let slow = self.slowNow() else { return }
        for watched in slow { watched.wasSlow() }
      }
    }
  }

  /// Nil, and nobody looks any more, if there is no work.
  private func slowNow() -> [Watched]? {
    state.withLock { state in
      state.isLooking = !state.watched.isEmpty
      return state.isLooking ? state.watched.values.filter { ContinuousClock.now - $0.since >= limit } : nil
    }
  }
}

import Synchronization

/// Acts while work turns out to be slow. One clock checks all work in flight: a timer for each would cost more than a
/// small upload does.
final class Watchdog: Sendable {
  private final class Watched: Sendable {
    let since = ContinuousClock.now
    private let act: @Sendable () -> Void
    /// Locked during the action: the work has not ended for its caller before that is done.
    private let isOver = Mutex(false)

    init(_ act: @escaping @Sendable () -> Void) { self.act = act }

    /// Acts once, unless the work has ended.
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

  /// - Parameter limit: work that takes longer is slow; that is detected up to a quarter of it later.
  init(limit: Duration) { self.limit = limit }

  /// Runs work, and calls `act`, on another thread, if it is slow. `act` never runs after this returns.
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

  /// Returns the slow work. Nil if there is no work in flight, and the checks stop.
  private func slowNow() -> [Watched]? {
    state.withLock { state in
      state.isLooking = !state.watched.isEmpty
      return state.isLooking ? state.watched.values.filter { ContinuousClock.now - $0.since >= limit } : nil
    }
  }
}

import Glibc
import Synchronization

/// Counts a run's work, and shows progress on a terminal if it takes longer than a second.
package final class Progress: Sendable {
  private struct State {
    var done = 0
    var total = 0
    var what = ""
    var lastShown = ContinuousClock.now
    var isShown = false
  }

  private static let patience = Duration.seconds(1)
  private static let interval = Duration.milliseconds(100)

  private let isVisible: Bool
  private let began = ContinuousClock.now
  private let state = Mutex(State())
  private let counted = Mutex(0)

  /// - Parameter isVisible: whether standard error is a terminal and --quiet was not given.
  package init(isVisible: Bool = false) { self.isVisible = isVisible }

  package var requests: Int { counted.withLock { $0 } }
  package var elapsed: Duration { .now - began }

  /// Counts one request that was sent.
  package func countRequest() { counted.withLock { $0 += 1 } }

  /// Begins a part of the work: `total` steps, 0 where their number is unknown.
  package func begin(_ what: String, total: Int = 0) {
    state.withLock { state in
      (state.what, state.total, state.done) = (what, total, 0)
      show(&state)
    }
  }

  package func step(_ count: Int = 1) {
    state.withLock { state in
      state.done += count
      show(&state)
    }
  }

  /// Removes the line, before anything else is printed.
  package func clear() {
    state.withLock { state in
      if state.isShown { write("\r\u{1B}[K") }
      state.isShown = false
    }
  }

  private func show(_ state: inout State) {
    guard isVisible, elapsed > Self.patience, .now - state.lastShown > Self.interval else { return }
    state.lastShown = .now
    state.isShown = true
    let count = state.total > 0 ? "\(state.done) of \(state.total)" : "\(state.done)"
    write("\r\u{1B}[K\(state.what) \(count) …")
  }

  private func write(_ text: String) { _ = FileAccess.write(Array(text.utf8), to: STDERR_FILENO) }
}

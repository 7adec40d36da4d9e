import Synchronization

/// Lets a fixed number of callers work at once; the others are queued, first come, first served.
final class ConcurrencyLimit: Sendable {
  private struct State {
    var available: Int
    var lastNumber = 0
    /// In order of arrival. A cancelled one is removed at once.
    var waiters: [(number: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    /// Callers that were cancelled before they were queued.
    var cancelled: Set<Int> = []
  }

  private let state: Mutex<State>

  init(_ permits: Int) {
    precondition(permits > 0, "nobody could ever work")
    state = Mutex(State(available: permits))
  }

  /// How many callers wait for a permit.
  var waiting: Int { state.withLock { $0.waiters.count } }

  /// Runs `body` once a permit is free. Throws `cancelled`, without running it, when the task is cancelled before that.
  func withPermit<Value: Sendable, Failure: Error>(
    cancelled: @autoclosure () -> Failure, _ body: () async throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    guard await acquire() else { throw cancelled() }
    defer { release() }
    return try await body()
  }

  /// Runs `body` once a permit is free.
  /// - Throws: `CancellationError` when the task is cancelled before that; what `body` throws.
  func withPermit<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    guard await acquire() else { throw CancellationError() }
    defer { release() }
    return try await body()
  }

  /// Acquires a permit. Returns false when the task was cancelled while it waited: then there is no permit to release.
  private func acquire() async -> Bool {
    let number: Int? = state.withLock { state in
      if state.available > 0 && !Task.isCancelled {
        state.available -= 1
        return nil
      }
      state.lastNumber += 1
      return state.lastNumber
    }
    guard let number else { return true }
    let granted = await withTaskCancellationHandler {
      await withCheckedContinuation { lineUp(number, $0) }
    } onCancel: {
      leave(number)
    }
    state.withLock { _ = $0.cancelled.remove(number) }
    return granted
  }

  private func lineUp(_ number: Int, _ continuation: CheckedContinuation<Bool, Never>) {
    let granted: Bool? = state.withLock { state in
      if state.cancelled.contains(number) { return false }
      if state.available > 0 {
        state.available -= 1
        return true
      }
      state.waiters.append((number, continuation))
      return nil
    }
    if let granted { continuation.resume(returning: granted) }
  }

  private func leave(_ number: Int) {
    let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard let index = state.waiters.firstIndex(where: { $0.number == number }) else {
        state.cancelled.insert(number)
        return nil
      }
      return state.waiters.remove(at: index).continuation
    }
    waiter?.resume(returning: false)
  }

  /// Passes the permit to the first in the queue.
  private func release() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      if state.waiters.isEmpty {
        state.available += 1
        return nil
      }
      return state.waiters.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}

import Synchronization

/// Connects a task's cancellation, which may come before the transfer exists, with the transfer.
final class PendingTransfer: Sendable {
  private enum State: Sendable {
    case empty
    case holding(Transfer)
    case cancelled
  }

  private let state = Mutex(State.empty)

  /// Stores the transfer. Returns false when the task was cancelled before.
  func hold(_ transfer: Transfer) -> Bool {
    state.withLock { state in
      if case .cancelled = state { return false }
      state = .holding(transfer)
      return true
    }
  }

  /// Returns the transfer to cancel, if it has begun.
  func cancel() -> Transfer? {
    state.withLock { state in
      defer { state = .cancelled }
      if case .holding(let transfer) = state { return transfer }
      return nil
    }
  }
}

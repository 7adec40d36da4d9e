private import Dispatch
private import Synchronization

/// A value that a Task leaves for the main thread.
final class Latest<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)
  private let isThere = DispatchSemaphore(value: 0)

  /// Nil until it is there.
  var value: Value? { stored.withLock { $0 } }

  func set(_ value: Value) {
    stored.withLock { $0 = value }
    isThere.signal()
  }

  /// Blocks the calling thread, which must not be a Task's, until the value is there. Once.
  func wait() -> Value {
    isThere.wait()
    // Set before the signal.
    return value!
  }
}

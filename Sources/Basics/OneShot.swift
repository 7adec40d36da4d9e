package import Dispatch
import Synchronization

/// A value that a Task sets once and a thread waits for.
package final class OneShot<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)
  private let isSet = DispatchSemaphore(value: 0)

  package init() {}

  /// The value; `nil` before it is set.
  package var value: Value? { stored.withLock { $0 } }

  package func set(_ value: Value) {
    stored.withLock { $0 = value }
    isSet.signal()
  }

  /// Blocks the calling thread, which must not be a Task's, until the value is set. Call it once.
  package func wait() -> Value {
    isSet.wait()
    // It was set before the signal.
    return value!
  }

  /// Blocks the calling thread, which must not be a Task's. Returns `nil` if the value is not set in time.
  package func wait(atMost duration: Duration) -> Value? { isSet.wait(atMost: duration) ? value : nil }
}

extension DispatchSemaphore {
  /// Blocks the calling thread, which must not be a Task's. Returns false if the time ran out.
  package func wait(atMost duration: Duration) -> Bool {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    return wait(timeout: .now() + .nanoseconds(max(nanoseconds, 0))) == .success
  }
}

internal import Dispatch

extension DispatchSemaphore {
  /// Blocks the calling thread, which must not be a Task's. False if the time ran out.
  func wait(atMost duration: Duration) -> Bool {
    let (seconds, attoseconds) = duration.components
    let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
    return wait(timeout: .now() + .nanoseconds(max(nanoseconds, 0))) == .success
  }
}

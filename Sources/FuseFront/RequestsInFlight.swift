internal import Basics
internal import Dispatch
private import Synchronization

/// Counts the requests that Tasks still have to answer, so that the session is destroyed only after the last reply.
final class RequestsInFlight: Sendable {
  private let count = Mutex(0)
  private let becameIdle = DispatchSemaphore(value: 0)

  func begin() { count.withLock { $0 += 1 } }

  func end() {
    let isIdle = count.withLock { count in
      count -= 1
      return count == 0
    }
    if isIdle { becameIdle.signal() }
  }

  var current: Int { count.withLock { $0 } }

  /// Blocks the calling thread until none is left. Returns false if the time ran out.
  func waitUntilIdle(atMost duration: Duration) -> Bool {
    let end = ContinuousClock.now + duration
    while current > 0 {
      // Signals of earlier idle moments may be left over, therefore the loop.
      guard becameIdle.wait(atMost: end - .now) else { return current == 0 }
    }
    return true
  }
}

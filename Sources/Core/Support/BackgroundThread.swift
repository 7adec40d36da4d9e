private import Dispatch
private import Glibc

/// A thread of low priority (nice(2)): its work must not delay anything that a caller waits for.
final class BackgroundThread: Sendable {
  /// The next step after a piece of work.
  enum Next {
    /// Works again after this time; nil: only when it is woken.
    case wait(Duration?)
    case end
  }

  /// The nice(2) value: a tenth of the time of other threads, where processors are scarce.
  private static let niceness: Int32 = 10

  private let woken = DispatchSemaphore(value: 0)

  /// Starts working at once. Nil if the system has no thread left.
  init?(work: @escaping @Sendable () -> Next) {
    let box = Unmanaged.passRetained(Work(woken: woken, body: work))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { context in
        // Of the thread alone, on Linux: 0 is the caller.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, BackgroundThread.niceness)
        Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, box.toOpaque())
    guard failure == 0 else {
      box.release()
      return nil
    }
    pthread_detach(thread)
  }

  func wake() { woken.signal() }

  private final class Work: Sendable {
    private let woken: DispatchSemaphore
    private let body: @Sendable () -> Next

    init(woken: DispatchSemaphore, body: @escaping @Sendable () -> Next) {
      self.woken = woken
      self.body = body
    }

    func run() {
      while case .wait(let pause) = body() {
        guard let pause else {
          woken.wait()
          continue
        }
        _ = woken.wait(timeout: .now() + .nanoseconds(Int(pause / .nanoseconds(1))))
      }
    }
  }
}

private import Dispatch
private import Glibc

/// A thread that works behind all others (nice(2)): what it does must not slow down what somebody waits for.
final class BackgroundThread: Sendable {
  /// What it does after a piece of work.
  enum Next {
    /// Looks again after so long, nil: not before it is woken.
    case wait(Duration?)
    case end
  }

  /// In nice(2)'s measure: a tenth of what others get, where processors are short.
  private static let niceness: Int32 = 10

  private let woken = DispatchSemaphore(value: 0)

  /// Begins to work at once. Nil if the system has no thread left.
  init?(work: @escaping @Sendable () -> Next) {
    let box = Unmanaged.passRetained(Work(woken: woken, body: work))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { context in
        // Of the thread alone, on Linux: 0 is who asks.
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

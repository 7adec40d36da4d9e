internal import Basics
private import Glibc

/// The signals of the process, all blocked and received one by one by the main thread.
enum Signals {
  /// The reason for which the main thread was woken.
  enum Event {
    /// End because of SIGINT, SIGTERM or SIGHUP.
    case end
    /// `wake` was called.
    case wake
  }

  private static let ending = [SIGINT, SIGTERM, SIGHUP]
  private static let waking = SIGUSR2

  /// Blocks the signals. Call it before any thread exists.
  static func block() {
    var set = Self.set
    pthread_sigmask(SIG_BLOCK, &set, nil)
    // A client that hangs up is an error of its connection, not of the process.
    signal(SIGPIPE, SIG_IGN)
  }

  static func next() -> Event {
    var set = Self.set
    var number: Int32 = 0
    while sigwait(&set, &number) != 0 {}
    return number == waking ? .wake : .end
  }

  /// Wakes the main thread. May be called from any thread.
  static func wake() { kill(getpid(), waking) }

  /// Makes the next ending signal run `last` and end the process at once.
  static func forceEndOnNext(_ last: @escaping @Sendable () -> Void) {
    Thread.detach(name: "force-end") {
      while case .wake = Signals.next() {}
      last()
      _exit(1)
    }
  }

  private static var set: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in ending + [waking] { sigaddset(&set, number) }
    return set
  }
}

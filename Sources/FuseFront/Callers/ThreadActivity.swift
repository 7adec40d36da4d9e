internal import Glibc

/// How often a thread got a processor, and how long it has run on it.
struct ThreadActivity: Equatable {
  /// How often it began to run: after each sleep, and after each interruption.
  var starts: UInt64
  /// In nanoseconds.
  var ran: UInt64

  /// Returns whether the thread, asleep at both times, only ran in between: from its one waking to its one sleep, for
  /// less than `time`.
  func hasOnlyRun(since before: ThreadActivity, lessThan time: Duration) -> Bool {
    starts == before.starts + 1 && .nanoseconds(Int64(clamping: ran &- before.ran)) < time
  }
}

/// The files of one thread below /proc from which its activity is read. They stay open, since on a busy machine the
/// activity is read with each answer: 2 µs, 7 with the state, and opening them anew would be 5 more. A thread that has ended has no
/// activity, even if another one has got its number.
///
/// Not /proc/TID/stat, which is shorter: the kernel lets its readers wait while the process is in execve(2), and that
/// waits for our answer to the FLUSH of each file that it closes (seen on Linux 6.18).
final class ThreadFiles: Observers.Activity {
  private let state: Int32
  private let counters: Int32

  /// Returns nil if the files cannot be read, and for threads of other pid namespaces, which the kernel calls 0.
  init?(of thread: Int32) {
    guard thread > 0 else { return nil }
    state = open("/proc/\(thread)/status", O_RDONLY | O_CLOEXEC)
    counters = open("/proc/\(thread)/schedstat", O_RDONLY | O_CLOEXEC)
    guard state >= 0, counters >= 0 else { return nil }
  }

  deinit {
    if state >= 0 { close(state) }
    if counters >= 0 { close(counters) }
  }

  /// Returns the activity of the thread while it sleeps; nil if it does not. Whoever is asleep when the state is read
  /// stays so until it is answered, so that the counters read after it are of that time.
  func ofSleeping() -> ThreadActivity? {
    let isAsleep = Self.reading(state) { text -> Bool? in
      let name = "\nState:\t"
      guard let value = strstr(text, name)?[name.utf8.count] else { return nil }
      return value == CChar(bitPattern: UInt8(ascii: "S")) || value == CChar(bitPattern: UInt8(ascii: "D"))
    }
    return isAsleep == true ? now() : nil
  }

  func now() -> ThreadActivity? {
    // "RAN WAITED STARTS", the times in nanoseconds (the kernel's Documentation/scheduler/sched-stats.rst).
    return Self.reading(counters) { text -> ThreadActivity? in
      guard let starts = strrchr(text, Int32(UInt8(ascii: " "))) else { return nil }
      return ThreadActivity(starts: UInt64(strtoull(starts, nil, 10)), ran: UInt64(strtoull(text, nil, 10)))
    }
  }

  /// Reads a file by C's functions, which are fast in every build.
  private static func reading<Value>(_ file: Int32, _ body: (UnsafePointer<CChar>) -> Value?) -> Value? {
    // Longer than the longest line of numbers, and than what stands before the state.
    let size = 1024
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
      guard let text = buffer.baseAddress else { return nil }
      let count = pread(file, text, size - 1, 0)
      guard count > 0 else { return nil }
      text[count] = 0
      return body(text)
    }
  }
}

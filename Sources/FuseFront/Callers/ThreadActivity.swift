internal import Glibc

/// How often a thread has slept and was interrupted, and how long it has run.
struct ThreadActivity: Equatable {
  private var sleeps: UInt64
  private var interruptions: UInt64
  /// In nanoseconds.
  private var ran: UInt64

  /// Returns the counters of a sleeping thread; nil if it does not sleep, or if its counters cannot be read. About 15 µs.
  init?(ofSleeping thread: Int32) {
    guard thread > 0 else { return nil }
    let counts = Self.reading("/proc/\(thread)/status") { text -> (UInt64, UInt64)? in
      guard let state = Self.behind("\nState:\t", in: text), state.pointee == 0x53 || state.pointee == 0x44,
        let sleeps = Self.behind("\nvoluntary_ctxt_switches:\t", in: text),
        let interruptions = Self.behind("\nnonvoluntary_ctxt_switches:\t", in: text)
      else { return nil }
      return (strtoull(sleeps, nil, 10), strtoull(interruptions, nil, 10))
    }
    let ran = Self.reading("/proc/\(thread)/schedstat") { UInt64(strtoull($0, nil, 10)) }
    guard let counts, let ran else { return nil }
    (sleeps, interruptions, self.ran) = (counts.0, counts.1, ran)
  }

  /// Reads a file by C's functions, which are fast in every build: this is done for each call on a busy machine.
  private static func reading<Value>(_ path: String, _ body: (UnsafePointer<CChar>) -> Value?) -> Value? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = 4096
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
      guard let text = buffer.baseAddress else { return nil }
      let count = read(descriptor, text, size - 1)
      guard count > 0 else { return nil }
      text[count] = 0
      return body(text)
    }
  }

  private static func behind(_ name: String, in text: UnsafePointer<CChar>) -> UnsafePointer<CChar>? {
    strstr(text, name).map { UnsafePointer($0 + name.utf8.count) }
  }

  init(sleeps: UInt64, interruptions: UInt64, ran: UInt64) {
    (self.sleeps, self.interruptions, self.ran) = (sleeps, interruptions, ran)
  }

  /// Returns whether the thread has only run since, from one sleep to the next, for less than `time` and without a
  /// break.
  func hasOnlyRun(since before: ThreadActivity, lessThan time: Duration) -> Bool {
    sleeps == before.sleeps + 1 && interruptions == before.interruptions
      && .nanoseconds(Int64(clamping: ran &- before.ran)) < time
  }
}

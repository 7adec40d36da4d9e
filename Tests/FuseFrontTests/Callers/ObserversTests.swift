import Core
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import FuseFront

/// 2.1.1: which calls of a thread are one burst, on an idle machine and on a busy one.
struct ObserversTests {
  private let start = ContinuousClock.now
  private let pause = Duration.microseconds(150)

  private func at(_ microseconds: Int) -> Burst.Instant { start + .microseconds(microseconds) }

  /// Simulates a thread that calls four times, one millisecond after each answer. Returns the number of bursts.
  private func bursts(of activities: [ThreadActivity?]) -> Int {
    let rest = Mutex(activities)
    let observers = Observers(
      pause: { [pause] in pause },
      activity: { _ in rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } })
    var began: Set<Burst.Instant> = []
    for call in 0..<4 {
      began.insert(observers.asks(7, at: at(call * 1010)).began)
      observers.isAnswered(7, at: at(call * 1010 + 10))
    }
    return began.count
  }

  private func activity(sleeps: UInt64, interruptions: UInt64 = 3, ran: UInt64 = 0) -> ThreadActivity {
    ThreadActivity(sleeps: sleeps, interruptions: interruptions, ran: ran)
  }

  @Test func `2.1.1 threads have bursts of their own`() {
    let observers = Observers(pause: { [pause] in pause }, activity: { _ in nil })
    let first = observers.asks(1, at: at(0))
    observers.isAnswered(1, at: at(10))
    #expect(observers.asks(2, at: at(100)).began == at(100))
    #expect(observers.asks(1, at: at(120)).began == first.began)
    observers.isAnswered(1, at: at(130))
    #expect(observers.asks(1, at: at(400)).began == at(400))
  }

  @Test func `2.1.1 a thread whose activity cannot be read counts as paused`() { #expect(bursts(of: [nil]) == 4) }

  @Test func `2.1.1 a thread that only ran until its next call was held up and has not paused`() {
    // The first gap counts as a pause, without an earlier sample. Then each answer and, twice, each call is sampled.
    let activities = [
      activity(sleeps: 10), activity(sleeps: 11, ran: 100_000), activity(sleeps: 11, ran: 100_000),
      activity(sleeps: 11, ran: 100_000), activity(sleeps: 12, ran: 250_000), activity(sleeps: 12, ran: 250_000),
      activity(sleeps: 12, ran: 250_000),
    ]
    #expect(bursts(of: activities) == 2)
  }

  @Test(arguments: [
    // It slept for something else, was interrupted, ran for long; or it was not seen sleeping for our answer.
    (sleeps: 12, interruptions: 3, ran: 100_000, later: 12), (sleeps: 11, interruptions: 4, ran: 100_000, later: 11),
    (sleeps: 11, interruptions: 3, ran: 300_000, later: 11), (sleeps: 11, interruptions: 3, ran: 100_000, later: 12),
  ])
  func `2.1.1 a thread that may have waited for something else counts as paused`(
    seen: (sleeps: UInt64, interruptions: UInt64, ran: UInt64, later: UInt64)
  ) {
    let called = activity(sleeps: seen.sleeps, interruptions: seen.interruptions, ran: seen.ran)
    let later = activity(sleeps: seen.later, interruptions: seen.interruptions, ran: seen.ran)
    let observers = {
      let rest = Mutex([activity(sleeps: 10), called, later, later])
      return Observers(
        pause: { [pause] in pause },
        activity: { _ in rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } })
    }()
    _ = observers.asks(7, at: at(0))
    observers.isAnswered(7, at: at(10))
    _ = observers.asks(7, at: at(1010))
    observers.isAnswered(7, at: at(1020))
    #expect(observers.asks(7, at: at(2020)).began == at(2020))
  }

  @Test func `2.1.1 the activity of a sleeping thread can be read`() async {
    #expect(ThreadActivity(ofSleeping: 0) == nil)
    // The first thread of the process waits for the tests to end.
    await until { ThreadActivity(ofSleeping: getpid()) != nil }
  }
}

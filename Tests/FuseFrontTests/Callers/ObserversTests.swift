import Basics
import Core
import Dispatch
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
    let rest = Samples.Rest(activities)
    let observers = Observers(
      pause: { [pause] in pause },
      activity: { _ in Samples(rest) })
    var began: Set<Burst.Instant> = []
    for call in 0..<4 {
      began.insert(observers.asks(7, at: at(call * 1010)).began)
      observers.isAnswered(7, at: at(call * 1010 + 10))
    }
    return began.count
  }

  /// Returns samples one after another, the last one for ever.
  private struct Samples: Observers.Activity {
    final class Rest: Sendable {
      let samples: Mutex<[ThreadActivity?]>
      init(_ samples: [ThreadActivity?]) { self.samples = Mutex(samples) }
    }

    private let rest: Rest
    init(_ rest: Rest) { self.rest = rest }
    func now() -> ThreadActivity? { rest.samples.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
    func ofSleeping() -> ThreadActivity? { now() }
  }

  private func activity(starts: UInt64, ran: UInt64 = 0) -> ThreadActivity {
    ThreadActivity(starts: starts, ran: ran)
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
      activity(starts: 10), activity(starts: 11, ran: 100_000), activity(starts: 11, ran: 100_000),
      activity(starts: 11, ran: 100_000), activity(starts: 12, ran: 250_000), activity(starts: 12, ran: 250_000),
      activity(starts: 12, ran: 250_000),
    ]
    #expect(bursts(of: activities) == 2)
  }

  @Test(arguments: [
    // It slept for something else or was interrupted, ran for long; or it was not seen sleeping for our answer.
    (starts: 12, ran: 100_000, later: 12), (starts: 11, ran: 300_000, later: 11), (starts: 10, ran: 100_000, later: 10),
    (starts: 11, ran: 100_000, later: 12),
  ])
  func `2.1.1 a thread that may have waited for something else counts as paused`(
    seen: (starts: UInt64, ran: UInt64, later: UInt64)
  ) {
    let called = activity(starts: seen.starts, ran: seen.ran)
    let later = activity(starts: seen.later, ran: seen.ran)
    let observers = {
      let rest = Samples.Rest([activity(starts: 10), called, later, later])
      return Observers(
        pause: { [pause] in pause },
        activity: { _ in Samples(rest) })
    }()
    // The first gap makes the machine a busy one.
    _ = observers.asks(7, at: at(-1000))
    observers.isAnswered(7, at: at(-990))
    _ = observers.asks(7, at: at(0))
    observers.isAnswered(7, at: at(10))
    #expect(observers.asks(7, at: at(1010)).began == at(1010))
  }

  /// 2.1.1: the counters tell a thread that only ran from one that slept in between, until it ends.
  @Test func `2.1.1 each sleep of a thread is one more start`() async throws {
    #expect(ThreadFiles(of: 0) == nil)
    let sleeper = try #require(Sleeper())
    let files = try #require(ThreadFiles(of: sleeper.number))
    let first = await asleep(files) { _ in true }
    sleeper.wake()
    let second = await asleep(files) { $0 != first }
    #expect(second.hasOnlyRun(since: first, lessThan: .seconds(1)))
    sleeper.wake()
    let third = await asleep(files) { $0 != second }
    #expect(!third.hasOnlyRun(since: first, lessThan: .seconds(1)))
    #expect(third.hasOnlyRun(since: second, lessThan: .seconds(1)))
    sleeper.end()
    #expect(files.ofSleeping() == nil)
  }

  /// Waits until a thread sleeps and its activity is as expected.
  private func asleep(_ files: ThreadFiles, _ isSo: (ThreadActivity) -> Bool) async -> ThreadActivity {
    var activity: ThreadActivity?
    await until {
      activity = files.ofSleeping()
      return activity.map(isSo) ?? false
    }
    return activity!
  }

  @Test func `2.1.1 the files of no more than some threads are open`() {
    let open = Counter()
    let observers = Observers(
      pause: { [pause] in pause },
      activity: { _ in OpenFile(open) })
    for thread in 1...Int32(3 * Observers.mostExamined) {
      for call in 0..<2 {
        _ = observers.asks(thread, at: at(call * 1010))
        observers.isAnswered(thread, at: at(call * 1010 + 10))
      }
    }
    #expect(open.count.withLock { $0.most } <= Observers.mostExamined)
    #expect(open.count.withLock { $0.now } > 0)
  }

  private final class Counter: Sendable { let count = Mutex((now: 0, most: 0)) }

  /// Counts those that exist.
  private final class OpenFile: Observers.Activity {
    let counter: Counter
    let number: Int

    init(_ counter: Counter) {
      self.counter = counter
      number = counter.count.withLock { count in
        count.now += 1
        count.most = max(count.most, count.now)
        return count.now
      }
    }

    deinit { counter.count.withLock { $0.now -= 1 } }

    func now() -> ThreadActivity? { ThreadActivity(starts: UInt64(number), ran: 0) }
    func ofSleeping() -> ThreadActivity? { now() }
  }
}

/// A thread that sleeps until it is woken, and then again.
private final class Sleeper: Sendable {
  let number: Int32
  private let turns: DispatchSemaphore
  private let thread: Basics.Thread
  private let shared: Shared

  init?() {
    let (turns, begun) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let shared = Shared()
    let thread = Basics.Thread(name: "sleeper") {
      shared.number.withLock {
        $0 = ProcFile.link("/proc/thread-self").flatMap { Int32($0.split(separator: "/").last!) }
      }
      begun.signal()
      repeat { turns.wait() } while !shared.isOver.withLock { $0 }
    }
    begun.wait()
    guard let thread, let number = shared.number.withLock({ $0 }) else { return nil }
    (self.thread, self.number, self.turns, self.shared) = (thread, number, turns, shared)
  }

  private final class Shared: Sendable {
    let number = Mutex<Int32?>(nil)
    let isOver = Mutex(false)
  }

  func wake() { turns.signal() }

  func end() {
    shared.isOver.withLock { $0 = true }
    turns.signal()
    thread.join()
  }
}

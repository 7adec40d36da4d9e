import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite("Coalescing of concurrent calls", .timeLimit(.minutes(5)))
struct SingleFlightTests {
  private enum Failure: Error, Equatable { case cancelled, broken }

  /// Work that signals its start and waits until it is released.
  private final class Work: Sendable {
    let started = Latch()
    let go = Latch()
    private let runs = Mutex(0)
    private let cancellations = Mutex(0)
    var count: Int { runs.withLock { $0 } }
    var cancelled: Int { cancellations.withLock { $0 } }

    func run() async {
      runs.withLock { $0 += 1 }
      started.open()
      await go.wait()
      if Task.isCancelled { cancellations.withLock { $0 += 1 } }
    }
  }

  private let flights = SingleFlight<String, Int, Failure>(cancelled: .cancelled)

  private func start(_ work: Work, _ key: String = "k", result: Result<Int, Failure> = .success(1)) -> Task<
    Int, any Error
  > {
    let flights = flights
    return Task {
      try await flights.run(key) { () async throws(Failure) -> Int in
        await work.run()
        return try result.get()
      }
    }
  }

  @Test("Callers of a key share one run; another key has its own; a later caller starts another run")
  func sharing() async throws {
    let (work, other) = (Work(), Work())
    let callers = (0..<20).map { _ in start(work) }
    let stranger = start(other, "other", result: .success(2))
    await work.started.wait()
    await other.started.wait()
    for _ in 0..<100 { await Task.yield() }
    work.go.open()
    other.go.open()
    for caller in callers { #expect(try await caller.value == 1) }
    #expect(try await stranger.value == 2)
    // A caller that came after the end has run the work again: few do, not all.
    #expect(work.count < 20)
    let before = work.count
    #expect(try await start(work).value == 1)
    #expect(work.count == before + 1)
  }

  @Test("work that began before a caller's horizon is not shared, and both callers get their own answer")
  func horizons() async throws {
    let (early, late) = (Work(), Work())
    let began = ContinuousClock.now
    let flights = flights
    func fly(_ work: Work, since: ContinuousClock.Instant, now: ContinuousClock.Instant, _ answer: Int) -> Task<
      Int, any Error
    > {
      Task {
        try await flights.run("k", since: since, now: now) { () async throws(Failure) -> Int in
          await work.run()
          return answer
        }
      }
    }
    let first = fly(early, since: began, now: began, 1)
    await early.started.wait()
    let second = fly(late, since: began + .seconds(1), now: began + .seconds(1), 2)
    await late.started.wait()
    // A caller that may share both runs joins the later one.
    let third = fly(Work(), since: began, now: began + .seconds(2), 3)
    for _ in 0..<100 { await Task.yield() }
    late.go.open()
    #expect(try await second.value == 2)
    #expect(try await third.value == 2)
    early.go.open()
    #expect(try await first.value == 1)
    #expect(early.count == 1 && late.count == 1)
  }

  @Test("An error is thrown to all callers")
  func errors() async {
    let work = Work()
    let first = start(work, result: .failure(.broken))
    await work.started.wait()
    let second = start(work, result: .failure(.broken))
    work.go.open()
    for caller in [first, second] { await #expect(throws: Failure.broken) { try await caller.value } }
  }

  @Test("A cancelled caller returns at once; the others get the result")
  func oneCancelled() async throws {
    let work = Work()
    let first = start(work)
    await work.started.wait()
    // The first caller's work is running, so this one can only join it.
    let second = start(work)
    for _ in 0..<100 { await Task.yield() }
    first.cancel()
    await #expect(throws: Failure.cancelled) { try await first.value }
    work.go.open()
    #expect(try await second.value == 1)
  }

  @Test("When every caller has left, the work is cancelled and a new caller starts its own")
  func allCancelled() async throws {
    let work = Work()
    let first = start(work)
    await work.started.wait()
    first.cancel()
    await #expect(throws: Failure.cancelled) { try await first.value }
    while work.cancelled == 0 { await Task.yield() }
    let next = Work()
    next.go.open()
    #expect(try await start(next, result: .success(3)).value == 3)
    #expect(next.count == 1)
  }

  @Test("A caller that is already cancelled does no work")
  func cancelledBefore() async {
    let work = Work()
    work.go.open()
    let entered = Latch()
    let flights = flights
    let task = Task {
      await entered.wait()
      return try await flights.run("k") { () async throws(Failure) -> Int in
        await work.run()
        return 1
      }
    }
    // The wait ends with the cancellation, so a cancelled task makes the call.
    task.cancel()
    await #expect(throws: Failure.cancelled) { try await task.value }
    #expect(work.count == 0)
  }
}

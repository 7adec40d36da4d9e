import Synchronization
import TestSupport
import Testing

@testable import Core

@Suite("A limit of concurrency", .timeLimit(.minutes(5)))
struct ConcurrencyLimitTests {
  private enum Failure: Error { case cancelled, broken }

  /// Records what the callers did.
  private final class Log: Sendable {
    private let state = Mutex((now: 0, most: 0, order: [Int]()))
    var most: Int { state.withLock { $0.most } }
    var order: [Int] { state.withLock { $0.order } }

    func enter(_ number: Int) {
      state.withLock { state in
        state.order.append(number)
        state.now += 1
        state.most = max(state.most, state.now)
      }
    }

    func leave() { state.withLock { $0.now -= 1 } }
  }

  @Test("No more than the permitted number work at once, and all get their turn")
  func limit() async throws {
    let limit = ConcurrencyLimit(3)
    let log = Log()
    await withTaskGroup { group in
      for number in 0..<50 {
        group.addTask {
          try? await limit.withPermit {
            log.enter(number)
            await Task.yield()
            log.leave()
          }
        }
      }
    }
    #expect(Set(log.order).count == 50)
    #expect((1...3).contains(log.most))
  }

  @Test("A cancelled waiter does not run and takes no permit; the waiter behind it gets it")
  func cancellation() async throws {
    let limit = ConcurrencyLimit(1)
    let (inside, leave) = (Latch(), Latch())
    let first = Task {
      try await limit.withPermit {
        inside.open()
        await leave.wait()
      }
    }
    await inside.wait()
    let second = Task { try await limit.withPermit(cancelled: Failure.cancelled) { () throws(Failure) in 2 } }
    let third = Task { try await limit.withPermit { 3 } }
    for _ in 0..<100 { await Task.yield() }
    second.cancel()
    await #expect(throws: Failure.cancelled) { try await second.value }
    leave.open()
    try await first.value
    #expect(try await third.value == 3)
    #expect(try await limit.withPermit { 4 } == 4)
  }

  @Test("A caller that is already cancelled does not run")
  func cancelledBefore() async throws {
    let limit = ConcurrencyLimit(1)
    let never = Latch()
    let task = Task {
      await never.wait()
      try await limit.withPermit { () -> Void in Issue.record("ran") }
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try await limit.withPermit { 1 } == 1)
  }

  @Test("A body that throws gives its permit back")
  func throwing() async throws {
    let limit = ConcurrencyLimit(1)
    await #expect(throws: Failure.broken) {
      try await limit.withPermit(cancelled: Failure.cancelled) { () throws(Failure) in throw .broken }
    }
    #expect(try await limit.withPermit { 1 } == 1)
  }

  @Test("Waiters get permits in order of arrival")
  func order() async throws {
    let limit = ConcurrencyLimit(1)
    let (inside, leave) = (Latch(), Latch())
    let holder = Task {
      try await limit.withPermit {
        inside.open()
        await leave.wait()
      }
    }
    await inside.wait()
    let log = Log()
    var waiters: [Task<Void, any Error>] = []
    for number in 0..<5 {
      waiters.append(Task { try await limit.withPermit { log.enter(number) } })
      while limit.waiting < number + 1 { await Task.yield() }
    }
    leave.open()
    try await holder.value
    for waiter in waiters { try await waiter.value }
    #expect(log.order == [0, 1, 2, 3, 4])
  }
}

import Synchronization
import Testing

@testable import Core

@Suite("Tries of what S3 has refused")
struct RetriesTests {
  @Test func `The pauses double, and stay at 30 s`() {
    var pauses = RetryPauses()
    #expect((0..<7).map { _ in pauses.next() } == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
  }

  /// A try that is about to end found nothing left, and what is added at that moment has no other.
  @Test(.timeLimit(.minutes(1))) func `What is added while the last try ends is tried`() async {
    let retries = Retries(pauses: RetryPauses(first: .milliseconds(1)))
    let left = Mutex(1)
    let (tries, tried) = AsyncStream<Int>.makeStream()
    let tryAll: @Sendable () async -> Bool = {
      let found = left.withLock { left in
        defer { left = 0 }
        return left
      }
      if found == 1 {
        left.withLock { $0 = 2 }
        retries.begin { true }
      }
      tried.yield(found)
      return true
    }
    retries.begin(tryAll)
    var seen: [Int] = []
    for await found in tries {
      seen.append(found)
      if seen.count == 2 { break }
    }
    #expect(seen == [1, 2])
  }

  @Test(.timeLimit(.minutes(1))) func `A try follows each beginning`() async {
    let retries = Retries(pauses: RetryPauses(first: .milliseconds(1)))
    let (tries, tried) = AsyncStream<Void>.makeStream()
    var next = tries.makeAsyncIterator()
    for _ in 0..<200 {
      retries.begin {
        tried.yield()
        return true
      }
      await next.next()
    }
  }
}

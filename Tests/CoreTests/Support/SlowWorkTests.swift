import Synchronization
import TestSupport
import Testing

@testable import Core

struct SlowWorkTests {
  private let slow = SlowWork(limit: .milliseconds(20))
  private struct Refused: Error {}

  @Test func `work that is slow is acted upon once, while it goes on`() async {
    let acts = Atomic(0)
    await slow.watch(ifSlow: { acts.add(1, ordering: .relaxed) }) {
      await until { acts.load(ordering: .relaxed) > 0 }
      try? await Task.sleep(for: .milliseconds(60))
    }
    #expect(acts.load(ordering: .relaxed) == 1)
  }

  @Test func `work that has ended, also by an error, is not`() async {
    let acts = Atomic(0)
    for _ in 0..<100 {
      await slow.watch(ifSlow: { acts.add(1, ordering: .relaxed) }) {}
      await #expect(throws: Refused.self) {
        try await slow.watch(ifSlow: { acts.add(1, ordering: .relaxed) }) { throw Refused() }
      }
    }
    // Beside it somebody is looking, for longer than the others would have needed to be slow.
    let last = Atomic(false)
    await slow.watch(ifSlow: { last.store(true, ordering: .relaxed) }) {
      await until { last.load(ordering: .relaxed) }
    }
    #expect(acts.load(ordering: .relaxed) == 0)
  }

  @Test func `who acts has ended before the work has`() async {
    let (isActing, hasActed) = (Atomic(false), Atomic(false))
    await slow.watch(ifSlow: {
      isActing.store(true, ordering: .relaxed)
      for _ in 0..<1_000_000 { _ = isActing.load(ordering: .relaxed) }
      hasActed.store(true, ordering: .relaxed)
    }) {
      await until { isActing.load(ordering: .relaxed) }
    }
    #expect(hasActed.load(ordering: .relaxed))
  }
}

import Synchronization
import TestSupport
import Testing

@testable import Core

struct WatchdogTests {
  private final class Count: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() { count.add(1, ordering: .relaxed) }
  }

  private struct Refused: Error {}
  private let slow = Watchdog(limit: .milliseconds(20))

  @Test func `the action for slow work runs once, while the work continues`() async {
    let acts = Count()
    let act = { @Sendable in acts.add() }
    await slow.watch(ifSlow: act) {
      await until { acts.value > 0 }
      try? await Task.sleep(for: .milliseconds(60))
    }
    #expect(acts.value == 1)
  }

  @Test func `the action does not run for work that has ended, also by an error`() async {
    let (acts, last) = (Count(), Count())
    let (act, lastAct) = ({ @Sendable in acts.add() }, { @Sendable in last.add() })
    for _ in 0..<100 {
      await slow.watch(ifSlow: act) {}
      await #expect(throws: Refused.self) {
        try await slow.watch(ifSlow: act) { throw Refused() }
      }
    }
    // Meanwhile the watchdog runs for longer than the limit of the ended work.
    await slow.watch(ifSlow: lastAct) { await until { last.value > 0 } }
    #expect(acts.value == 0)
  }

  @Test func `the action ends before the call does`() async {
    let (begun, ended) = (Count(), Count())
    let act = { @Sendable in
      begun.add()
      for _ in 0..<1_000_000 { _ = begun.value }
      ended.add()
    }
    await slow.watch(ifSlow: act) { await until { begun.value > 0 } }
    #expect(ended.value == 1)
  }
}

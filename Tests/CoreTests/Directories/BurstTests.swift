// SEMANTICS: 2.1, 2.1.1
import Testing

@testable import Core

/// 2.1: when a burst begins, and which answers may be reused in it.
struct BurstTests {
  private let start = ContinuousClock.now
  private let pause = Duration.microseconds(150)

  private func at(_ microseconds: Int) -> Burst.Instant { start + .microseconds(microseconds) }

  @Test func `requests that follow without a pause belong to one burst`() {
    var burst = Burst()
    #expect(burst.asks(at: at(0), pause: pause).began == at(0))
    burst.isAnswered(at: at(5000))
    #expect(burst.asks(at: at(5100), pause: pause).began == at(0))
    burst.isAnswered(at: at(5110))
    #expect(burst.asks(at: at(5259), pause: pause).began == at(0))
  }

  @Test func `a request after a pause begins another burst`() {
    var burst = Burst()
    _ = burst.asks(at: at(0), pause: pause)
    burst.isAnswered(at: at(10))
    #expect(burst.asks(at: at(160), pause: pause).began == at(160))
    burst.isAnswered(at: at(170))
    #expect(burst.asks(at: at(180), pause: pause).began == at(160))
  }

  @Test func `a request before the first answer begins a burst, too`() {
    var burst = Burst()
    #expect(burst.asks(at: at(0), pause: pause).began == at(0))
    #expect(burst.asks(at: at(20), pause: pause).began == at(20))
  }

  @Test func `a thread that was held up between two calls has not paused`() {
    var burst = Burst()
    _ = burst.asks(at: at(0), pause: pause)
    burst.isAnswered(at: at(10))
    burst.wasHeldUp(until: at(4000))
    #expect(burst.asks(at: at(4000), pause: pause).began == at(0))
  }

  @Test func `a window ends when the observer has run for 100 ms, or after half a second`() {
    var burst = Burst()
    var now = 0
    _ = burst.asks(at: at(0), pause: pause)
    burst.isAnswered(at: at(1000))
    // 100 us of its own for each call, which takes 1 ms.
    var windows: Set<Burst.Instant> = []
    for _ in 0..<900 {
      now += 1100
      windows.insert(burst.asks(at: at(now), pause: pause).windowBegan)
      burst.isAnswered(at: at(now + 1000))
    }
    #expect(windows.count == 2 && windows.max()! - windows.min()! >= .milliseconds(500))
    windows = []
    for _ in 0..<2500 {
      now += 1100
      windows.insert(burst.asks(at: at(now), pause: pause).windowBegan)
      burst.isAnswered(at: at(now + 1050))
      now += 50
    }
    #expect(windows.count >= 5)
  }

  @Test func `a response requested before the burst is not reused in it, however late it arrived`() {
    let horizon = Horizon(requested: at(100), arrived: at(-100_000))
    #expect(!horizon.reaches(Learned(requested: at(99), arrived: at(200))))
    #expect(horizon.reaches(Learned(requested: at(100), arrived: at(200))))
  }

  @Test func `a slow answer is reused for as long as it took, a quick one for its window`() {
    let horizon = Horizon(requested: at(100), arrived: at(3_000_000), now: at(3_000_100))
    #expect(horizon.reaches(Learned(requested: at(100), arrived: at(2_000_000))))
    #expect(!horizon.reaches(Learned(requested: at(1_900_000), arrived: at(2_000_000))))
    #expect(!horizon.reaches(Learned(requested: at(99), arrived: at(2_000_000))))
  }
}

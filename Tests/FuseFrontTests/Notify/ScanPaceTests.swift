// SEMANTICS: 2.5
import Testing

@testable import FuseFront

struct ScanPaceTests {
  private let start = ContinuousClock.now

  @Test func `an idle mount is never scanned`() {
    let pace = ScanPace(ttl: .seconds(1), now: start)
    #expect(pace.due(now: start + .seconds(3600), hasActivity: false, isFollowing: false) == nil)
    #expect(pace.due(now: start, hasActivity: true, isFollowing: false) == start)
    #expect(pace.due(now: start, hasActivity: false, isFollowing: true) == start)
  }

  @Test func `after activity the mount is scanned for as long as the kernel may cache names`() {
    var pace = ScanPace(ttl: .seconds(5), now: start)
    pace.looked(from: start, to: start, work: .zero, hadActivity: true)
    let next = start + ScanPace.shortest
    #expect(pace.due(now: start + .seconds(6), hasActivity: false, isFollowing: false) == next)
    #expect(pace.due(now: start + .seconds(8), hasActivity: false, isFollowing: false) == nil)
  }

  @Test(arguments: [(1, 1000), (12, 1200), (50, 1500), (400, 4000)])
  func `the more work a scan is, the later it is repeated, but within two seconds if possible`(work: Int, pause: Int) {
    var pace = ScanPace(ttl: .seconds(1), now: start)
    let end = start + .milliseconds(work)
    pace.looked(from: start, to: end, work: .milliseconds(work), hadActivity: true)
    #expect(pace.due(now: end, hasActivity: true, isFollowing: false) == end + .milliseconds(pause))
  }

  // Regression (fault C32): recursive inotifywait reported nothing in 3 of 12 runs on a busy machine.
  @Test func `a scan that waits for a processor does not delay the next one`() {
    var pace = ScanPace(ttl: .seconds(1), now: start)
    let end = start + .milliseconds(300)
    pace.looked(from: start, to: end, work: .milliseconds(3), hadActivity: true)
    #expect(pace.due(now: end, hasActivity: true, isFollowing: false) == end + .seconds(1))
  }
}

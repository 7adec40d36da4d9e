import Testing

@testable import FuseFront

struct ScanPaceTests {
  private let start = ContinuousClock.now

  @Test func `an idle mount is never looked at`() {
    let pace = ScanPace(ttl: .seconds(1), now: start)
    #expect(pace.due(now: start + .seconds(3600), hasActivity: false, isFollowing: false) == nil)
    #expect(pace.due(now: start, hasActivity: true, isFollowing: false) == start)
    #expect(pace.due(now: start, hasActivity: false, isFollowing: true) == start)
  }

  @Test func `after activity it is looked at for as long as the kernel may know names`() {
    var pace = ScanPace(ttl: .seconds(5), now: start)
    pace.looked(from: start, to: start, hadActivity: true)
    let next = start + ScanPace.shortest
    #expect(pace.due(now: start + .seconds(6), hasActivity: false, isFollowing: false) == next)
    #expect(pace.due(now: start + .seconds(8), hasActivity: false, isFollowing: false) == nil)
  }

  @Test func `a look that takes long is repeated seldom`() {
    var pace = ScanPace(ttl: .seconds(1), now: start)
    let end = start + .milliseconds(50)
    pace.looked(from: start, to: end, hadActivity: true)
    #expect(pace.due(now: end, hasActivity: true, isFollowing: false) == end + .seconds(5))
  }
}

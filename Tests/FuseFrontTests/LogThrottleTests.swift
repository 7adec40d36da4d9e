import Testing

@testable import FuseFront

struct LogThrottleTests {
  @Test func `the same message is admitted once in ten seconds`() {
    var throttle = LogThrottle()
    let start = ContinuousClock.now
    #expect(throttle.admits("a", at: start) == true)
    #expect(throttle.admits("a", at: start + .seconds(9)) == false)
    #expect(throttle.admits("b", at: start + .seconds(9)) == true)
    #expect(throttle.admits("a", at: start + .seconds(11)) == true)
  }
}

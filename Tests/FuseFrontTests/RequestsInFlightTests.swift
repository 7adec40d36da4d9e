import Dispatch
import Testing

@testable import FuseFront

struct RequestsInFlightTests {
  @Test func `waiting returns at once without requests, and again when all have ended`() {
    let requests = RequestsInFlight()
    #expect(requests.waitUntilIdle(atMost: .zero))
    requests.begin()
    requests.begin()
    requests.end()
    #expect(!requests.waitUntilIdle(atMost: .milliseconds(1)))
    requests.end()
    #expect(requests.waitUntilIdle(atMost: .zero))
    // The signal of that idle moment is still set and must not count as a new one.
    requests.begin()
    #expect(!requests.waitUntilIdle(atMost: .milliseconds(1)))
  }

  @Test func `a waiter is woken by the last end`() {
    let requests = RequestsInFlight()
    requests.begin()
    // Not a Task: its pool may be busy with tests that block.
    DispatchQueue.global().async { requests.end() }
    #expect(requests.waitUntilIdle(atMost: .seconds(20)))
  }
}

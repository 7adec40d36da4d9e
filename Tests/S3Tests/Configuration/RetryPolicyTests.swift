// SEMANTICS: 10.3
import S3
import Testing

@Suite("When to try again")
struct RetryPolicyTests {
  private let policy = RetryPolicy()

  @Test(
    "what may be repeated depends on what the failure may have done",
    arguments: [
      (RetryCause.unreachable, true, true), (.throttled, true, true), (.starting, true, true),
      (.uncertain, true, false), (.final, false, false),
    ])
  func safety(cause: RetryCause, repeatable: Bool, once: Bool) {
    #expect((policy.delay(afterAttempt: 1, cause: cause, safety: .repeatable, random: 0) != nil) == repeatable)
    #expect((policy.delay(afterAttempt: 1, cause: cause, safety: .once, random: 0) != nil) == once)
  }

  @Test("delays double up to the longest, each spread over its upper half")
  func delays() {
    var policy = RetryPolicy()
    policy.attempts = 100
    func delay(_ attempt: Int, _ random: Double) -> Duration? {
      policy.delay(afterAttempt: attempt, cause: .throttled, safety: .once, random: random)
    }
    #expect(delay(1, 0) == .milliseconds(25))
    #expect(delay(1, 1) == .milliseconds(50))
    #expect(delay(2, 1) == .milliseconds(100))
    #expect(delay(3, 0.5) == .milliseconds(150))
    #expect(delay(99, 1) == .seconds(5))
  }

  @Test("it ends after the last attempt")
  func end() {
    #expect(policy.delay(afterAttempt: 3, cause: .throttled, safety: .repeatable, random: 0) != nil)
    #expect(policy.delay(afterAttempt: 4, cause: .throttled, safety: .repeatable, random: 0) == nil)
    #expect(RetryPolicy.never.delay(afterAttempt: 1, cause: .throttled, safety: .repeatable, random: 0) == nil)
    #expect(policy.delay(afterAttempt: 7, cause: .starting, safety: .repeatable, random: 0) != nil)
    #expect(policy.delay(afterAttempt: 8, cause: .starting, safety: .repeatable, random: 0) == nil)
    #expect(RetryPolicy.never.delay(afterAttempt: 1, cause: .starting, safety: .repeatable, random: 0) == nil)
  }
}

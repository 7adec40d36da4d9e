// SEMANTICS: 10.3
import S3
import Testing

@Suite("Retries")
struct RetryPolicyTests {
  private let policy = RetryPolicy()

  @Test(
    "whether a request is retried depends on the possible effects of the failed attempt",
    arguments: [
      (RetryCause.unreachable, true, true), (.throttled, true, true), (.starting, true, true),
      (.uncertain, true, false), (.final, false, false),
    ])
  func safety(cause: RetryCause, repeatable: Bool, once: Bool) {
    #expect((policy.delay(afterAttempt: 1, cause: cause, safety: .repeatable, random: 0) != nil) == repeatable)
    #expect((policy.delay(afterAttempt: 1, cause: cause, safety: .once, random: 0) != nil) == once)
  }

  @Test("delays double up to the maximum, each random within its upper half")
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

  @Test("retries end after the last attempt")
  func end() {
    #expect(policy.delay(afterAttempt: 3, cause: .throttled, safety: .repeatable, random: 0) != nil)
    #expect(policy.delay(afterAttempt: 4, cause: .throttled, safety: .repeatable, random: 0) == nil)
    #expect(RetryPolicy.never.delay(afterAttempt: 1, cause: .throttled, safety: .repeatable, random: 0) == nil)
    #expect(policy.delay(afterAttempt: 7, cause: .starting, safety: .repeatable, random: 0) != nil)
    #expect(policy.delay(afterAttempt: 8, cause: .starting, safety: .repeatable, random: 0) == nil)
    #expect(RetryPolicy.never.delay(afterAttempt: 1, cause: .starting, safety: .repeatable, random: 0) == nil)
  }
}

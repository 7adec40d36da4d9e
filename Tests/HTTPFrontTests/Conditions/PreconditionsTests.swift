import Core
import Testing

@testable import HTTPFront

struct PreconditionsTests {
  private static let etag = ETag("abc")
  private static let modified = Timestamp(seconds: 784_111_777, nanoseconds: 5)
  private static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
  private static let before = "Sun, 06 Nov 1994 08:49:36 GMT"

  @Test(
    arguments: [
      ([:], Preconditions.Outcome.proceed),
      (["If-Match": "\"abc\""], .proceed), (["If-Match": "*"], .proceed), (["If-Match": "\"x\", \"abc\""], .proceed),
      (["If-Match": "abc"], .proceed), (["If-Match": "\"x\""], .failed), (["If-Match": "W/\"abc\""], .failed),
      (["If-None-Match": "\"abc\""], .notModified), (["If-None-Match": "W/\"abc\""], .notModified),
      (["If-None-Match": "*"], .notModified), (["If-None-Match": "\"x,abc\""], .proceed),
      (["If-Modified-Since": same], .notModified), (["If-Modified-Since": before], .proceed),
      (["If-Modified-Since": "rubbish"], .proceed), (["If-Unmodified-Since": same], .proceed),
      (["If-Unmodified-Since": before], .failed),
      // The tags win over the dates, If-Match comes before If-None-Match.
      (["If-None-Match": "\"x\"", "If-Modified-Since": same], .proceed),
      (["If-Match": "\"abc\"", "If-Unmodified-Since": before], .proceed),
      (["If-Match": "\"x\"", "If-None-Match": "\"abc\""], .failed),
      (["If-Match": "\"abc\"", "If-None-Match": "\"abc\""], .notModified),
    ] as [([String: String], Preconditions.Outcome)])
  func `conditions of a read, in the standard's order`(headers: [String: String], outcome: Preconditions.Outcome) {
    #expect(Preconditions(Self.made(headers)).forReading(etag: Self.etag, modified: Self.modified) == outcome)
  }

  @Test(arguments: [
    (nil, true), ("\"abc\"", true), ("\"x\"", false), ("W/\"abc\"", false), (same, true), (before, false), ("*", false),
  ])
  func `a range applies to the version that If-Range names`(ifRange: String?, applies: Bool) {
    let headers = Self.made(ifRange.map { ["If-Range": $0] } ?? [:])
    #expect(Preconditions(headers).rangeApplies(etag: Self.etag, modified: Self.modified) == applies)
  }

  @Test(
    arguments: [
      ([:], Freshness.withinTTL), (["Cache-Control": "no-cache"], .now), (["Cache-Control": "x, Max-Age=0"], .now),
      (["Pragma": "no-cache"], .now), (["Cache-Control": "max-age=10"], .withinTTL),
    ] as [([String: String], Freshness)])
  func `no-cache asks S3`(headers: [String: String], freshness: Freshness) {
    #expect(Preconditions(Self.made(headers)).freshness == freshness)
  }

  private static func made(_ fields: [String: String]) -> Headers {
    fields.reduce(into: Headers()) { $0.add($1.key, $1.value) }
  }
}

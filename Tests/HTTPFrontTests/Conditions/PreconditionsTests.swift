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
      (["If-Match": "\"x\""], .failed), (["If-Match": "W/\"abc\""], .failed),
      (["If-None-Match": "\"abc\""], .notModified), (["If-None-Match": "W/\"abc\""], .notModified),
      (["If-None-Match": "*"], .notModified), (["If-None-Match": "\"x,abc\""], .proceed),
      (["If-Modified-Since": same], .notModified), (["If-Modified-Since": before], .proceed),
      (["If-Modified-Since": "rubbish"], .proceed), (["If-Unmodified-Since": same], .proceed),
      (["If-Unmodified-Since": before], .failed),
      // Tags take precedence over dates, and If-Match over If-None-Match.
      (["If-None-Match": "\"x\"", "If-Modified-Since": same], .proceed),
      (["If-Match": "\"abc\"", "If-Unmodified-Since": before], .proceed),
      (["If-Match": "\"x\"", "If-None-Match": "\"abc\""], .failed),
      (["If-Match": "\"abc\"", "If-None-Match": "\"abc\""], .notModified),
    ] as [([String: String], Preconditions.Outcome)])
  func `read conditions have the standard's order`(headers: [String: String], outcome: Preconditions.Outcome) throws {
    #expect(try Preconditions(Self.made(headers)).forReading(etag: Self.etag, modified: Self.modified) == outcome)
  }

  @Test(arguments: [
    "", " ", ",", "x", "abc", "x y", "\"half", "x\"", "\"a\" \"b\"", "\"a\"b", "*, \"a\"", "\"a\", *", "*x", "W/*",
    "w/\"a\"",
    "W/ \"a\"", "W/a", "\"a b\"", "\"a\tb\"", "\"a\"; \"b\"", "'a'",
  ])
  func `an invalid list of tags is refused, in reads and in writes`(list: String) {
    #expect(EntityTags(list) == nil)
    for name in ["If-Match", "If-None-Match"] {
      let headers = Self.made([name: list])
      #expect(throws: HTTPError.self) { try Preconditions(headers) }
      #expect(throws: HTTPError.self) { try WriteConditions(headers) }
    }
  }

  @Test func `a list of tags may have empty elements, and any character in quotes`() {
    let tags: [EntityTags.Tag] = [
      .init(weak: false, value: "a,b"), .init(weak: true, value: "é"), .init(weak: false, value: ""),
    ]
    #expect(EntityTags(" , \"a,b\" ,, W/\"é\",\t\"\"") == .list(tags))
    #expect(EntityTags(" * ") == .any)
  }

  @Test(arguments: [
    (nil, true), ("\"abc\"", true), ("\"x\"", false), ("W/\"abc\"", false), (same, true), (before, false), ("*", false),
    ("abc", false), ("\"abc\", \"x\"", false), ("\"abc", false),
  ])
  func `a range applies only to the version that If-Range names`(ifRange: String?, applies: Bool) throws {
    let headers = Self.made(ifRange.map { ["If-Range": $0] } ?? [:])
    #expect(try Preconditions(headers).rangeApplies(etag: Self.etag, modified: Self.modified) == applies)
  }

  @Test(
    arguments: [
      ([:], Freshness.withinTTL), (["Cache-Control": "no-cache"], .now), (["Cache-Control": "x, Max-Age=0"], .now),
      (["Pragma": "no-cache"], .now), (["Cache-Control": "max-age=10"], .withinTTL),
    ] as [([String: String], Freshness)])
  func `no-cache queries S3`(headers: [String: String], freshness: Freshness) {
    #expect(Self.made(headers).freshness == freshness)
  }

  private static func made(_ fields: [String: String]) -> Headers {
    fields.reduce(into: Headers()) { $0.add($1.key, $1.value) }
  }
}

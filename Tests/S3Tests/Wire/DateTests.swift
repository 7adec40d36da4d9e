import Testing

@testable import S3

@Suite("Dates on the wire")
struct DateTests {
  @Test(
    "the three forms of HTTP dates, and that of date -Ru",
    arguments: [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
      "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 08:49:37 +0000", "06 Nov 1994 08:49:37 GMT",
    ])
  func http(text: String) { #expect(Timestamp(httpDate: text) == Timestamp(seconds: 784_111_777)) }

  @Test("29 February is a date in leap years only")
  func leapDay() {
    #expect(Timestamp(httpDate: "Thu, 29 Feb 2024 12:34:56 GMT") == Timestamp(seconds: 1_709_210_096))
    for year in ["2023", "1900"] { #expect(Timestamp(httpDate: "Thu, 29 Feb \(year) 12:34:56 GMT") == nil) }
  }

  @Test(
    "what is no HTTP date",
    arguments: [
      "", "yesterday", "never", "0", "-1", "1700000000", "1994-11-06", "2030-01-01T00:00:00Z", "Sun, 06 Nov 1994",
      "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
      "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:49:37 PST", "Sun, 06 Nov 1994 08:49:37 +0960",
      "Sun, 06 Nov 1994 17:49:37 +0900", "Sun, 06 Nov 1994 23:59:60 GMT",
      "Sun, 06 Nov 0094 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT", "1 2 3 4 5 6",
    ])
  func noDate(text: String) { #expect(Timestamp(httpDate: text) == nil) }

  @Test("ISO 8601 dates, with and without a fraction")
  func iso() {
    #expect(Timestamp(iso8601: "2009-10-12T17:50:30.000Z") == Timestamp(seconds: 1_255_369_830))
    #expect(Timestamp(iso8601: "2009-10-12T17:50:30Z") == Timestamp(seconds: 1_255_369_830))
    #expect(
      Timestamp(iso8601: "1970-01-01T00:00:00.25Z") == Timestamp(seconds: 0, nanoseconds: 250_000_000))
    for bad in ["", "Z", "2009-10-12", "2009-13-12T17:50:30Z", "2009-10-12T17:50:30", "2009-10-12T17:50:30.xZ"] {
      #expect(Timestamp(iso8601: bad) == nil, "\(bad)")
    }
  }

  @Test("days and seconds are converted both ways, before 1970 and over leap years")
  func civil() {
    for seconds: Int64 in [-86_400 * 800, -1, 0, 951_782_399, 951_782_400, 4_107_542_400, 253_402_300_799] {
      #expect(CivilDate(seconds: seconds).seconds == seconds)
    }
    #expect(CivilDate(seconds: -1) == CivilDate(year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59))
  }
}

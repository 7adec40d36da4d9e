import Glibc

extension Timestamp {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  private static let utc: Set<Substring> = ["GMT", "UTC", "+0000", "-0000"]

  /// Parses a date of a header: the three forms of RFC 9110 section 5.6.7 (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 850's
  /// and asctime's), and the first with the zone +0000, as `date -Ru` writes it. Servers ignore other zones.
  public init?(httpDate text: String) {
    // RFC 850 has hyphens in the date, and a zone may begin with one.
    var words = text.split { $0 == " " || $0 == "," }.enumerated().flatMap { index, word in
      index == 1 ? word.split(separator: "-") : [word]
    }
    // Mail may leave out the day of the week.
    if words.first?.first?.isNumber == true { words.insert("", at: 0) }
    // asctime: Sun Nov  6 08:49:37 1994
    if words.count == 5 { words = [words[0], words[2], words[1], words[4], words[3], "GMT"] }
    guard words.count == 6, Self.utc.contains(words[5]), let day = Self.number(words[1]),
      let month = Self.months.firstIndex(of: String(words[2])),
      let year = Self.number(words[3])
    else { return nil }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false).compactMap(Self.number)
    guard clock.count == 3 else { return nil }
    let date = CivilDate(
      // RFC 850 has two digits; below 70 they are of this century.
      year: words[3].utf8.count > 2 ? year : year < 70 ? 2000 + year : 1900 + year, month: month + 1, day: day,
      hour: clock[0], minute: clock[1], second: clock[2])
    guard date.isValid, date.year >= 1601 else { return nil }
    self.init(seconds: date.seconds)
  }

  /// Parses a number of digits only.
  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
  }

  /// Parses a date of S3's XML: `2009-10-12T17:50:30.000Z`, fraction optional.
  init?(iso8601 text: String) { self.init(iso8601: Array(text.utf8)) }

  /// Same as `init(iso8601:)`, for bytes.
  init?(iso8601 bytes: [UInt8]) {
    func number(_ range: Range<Int>) -> Int? {
      guard range.upperBound <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[range] {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return value
    }
    guard bytes.last == UInt8(ascii: "Z"), let year = number(0..<4), let month = number(5..<7),
      let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
    else { return nil }
    let date = CivilDate(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    guard date.isValid, bytes[4] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T") else { return nil }
    var nanoseconds = 0
    if bytes[19] == UInt8(ascii: ".") {
      let digits = bytes[20..<(bytes.count - 1)].prefix(9)
      guard let fraction = number(digits.startIndex..<digits.endIndex) else { return nil }
      nanoseconds = fraction
      for _ in digits.count..<9 { nanoseconds *= 10 }
    }
    self.init(seconds: date.seconds, nanoseconds: Int32(nanoseconds))
  }

  /// Parses an expiry as AWS's tools write it: in UTC, which is `Z` or `+00:00`.
  init?(expiration text: String) {
    self.init(iso8601: text.hasSuffix("+00:00") ? text.dropLast(6) + "Z" : text)
  }

  /// In UTC, to the second: `2030-01-31T00:00:00Z`.
  var iso8601: String {
    let date = CivilDate(seconds: seconds)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let day = "\(date.year)-\(two(date.month))-\(two(date.day))"
    return "\(day)T\(two(date.hour)):\(two(date.minute)):\(two(date.second))Z"
  }
}

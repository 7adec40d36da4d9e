import Core

/// Formats dates of HTTP headers (RFC 9110 section 5.6.7), to the second. `Timestamp` parses them.
enum HTTPDate {
  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Formats an IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
  static func format(_ time: Timestamp) -> String {
    let (day, seconds) = split(time)
    let date = CivilDate(daysSince1970: day)
    var text: [UInt8] = []
    text.reserveCapacity(32)
    text += days[Int((day % 7 + 7) % 7)].utf8
    text += ", ".utf8
    append(date.day, digits: 2, to: &text)
    text.append(UInt8(ascii: " "))
    text += months[date.month - 1].utf8
    text.append(UInt8(ascii: " "))
    append(date.year, digits: 4, to: &text)
    text.append(UInt8(ascii: " "))
    append(clock: seconds, to: &text)
    text += " GMT".utf8
    return String(decoding: text, as: UTF8.self)
  }

  /// Formats ISO 8601 in UTC: `1994-11-06T08:49:37Z`.
  static func formatISO(_ time: Timestamp) -> String {
    let (day, seconds) = split(time)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    append(CivilDate(daysSince1970: day), to: &text)
    text.append(UInt8(ascii: "T"))
    append(clock: seconds, to: &text)
    text.append(UInt8(ascii: "Z"))
    return String(decoding: text, as: UTF8.self)
  }

  /// Formats a time for people: `1994-11-06 08:49`, in UTC.
  static func formatShort(_ time: Timestamp) -> String {
    let (day, seconds) = split(time)
    var text: [UInt8] = []
    text.reserveCapacity(24)
    append(CivilDate(daysSince1970: day), to: &text)
    text.append(UInt8(ascii: " "))
    append(clock: seconds, to: &text)
    return String(decoding: text.dropLast(3), as: UTF8.self)
  }

  private static func split(_ time: Timestamp) -> (day: Int64, seconds: Int) {
    // Rounded down; an object's metadata may contain any time.
    let (day, seconds) = time.seconds.quotientAndRemainder(dividingBy: 86_400)
    return seconds < 0 ? (day - 1, Int(seconds) + 86_400) : (day, Int(seconds))
  }

  private static func append(_ date: CivilDate, to text: inout [UInt8]) {
    append(date.year, digits: 4, to: &text)
    text.append(UInt8(ascii: "-"))
    append(date.month, digits: 2, to: &text)
    text.append(UInt8(ascii: "-"))
    append(date.day, digits: 2, to: &text)
  }

  private static func append(clock seconds: Int, to text: inout [UInt8]) {
    append(seconds / 3600, digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(seconds / 60 % 60, digits: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    append(seconds % 60, digits: 2, to: &text)
  }

  /// Appends a number with leading zeros; unchanged if it needs more digits or a sign.
  private static func append(_ value: Int, digits: Int, to text: inout [UInt8]) {
    var limit = 1
    for _ in 0..<digits { limit *= 10 }
    guard (0..<limit).contains(value) else { return text.append(contentsOf: String(value).utf8) }
    while limit > 1 {
      limit /= 10
      text.append(UInt8(ascii: "0") + UInt8(value / limit % 10))
    }
  }
}

/// A day of the Gregorian calendar. Computed in eras of 400 years that begin on 1 March, so that a leap day is last.
struct CivilDate: Equatable {
  var year: Int
  var month: Int
  var day: Int

  init(year: Int, month: Int, day: Int) {
    self.year = year
    self.month = month
    self.day = day
  }

  init(daysSince1970: Int64) {
    let days = Int(daysSince1970) + 719_468
    let era = (days >= 0 ? days : days - 146_096) / 146_097
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shifted + 2) / 5 + 1
    month = shifted < 10 ? shifted + 3 : shifted - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }
}

/// A date and time of the Gregorian calendar, UTC. The conversion to days is the usual one over 400-year eras, which
/// begin on 1 March so that the leap day comes last.
struct CivilDate: Hashable, Sendable {
  var year: Int
  var month: Int
  var day: Int
  var hour = 0
  var minute = 0
  var second = 0

  private static let daysPerEra = 146_097
  /// The number of days from 0000-03-01 to 1970-01-01.
  private static let daysToEpoch = 719_468

  init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// Converts seconds since 1970.
  init(seconds: Int64) {
    let (days, rest) = Int(seconds).flooredDivision(by: 86_400)
    let (era, dayOfEra) = (days + Self.daysToEpoch).flooredDivision(by: Self.daysPerEra)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
  }

  /// Seconds since 1970.
  var seconds: Int64 {
    let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredDivision(by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * Self.daysPerEra + dayOfEra - Self.daysToEpoch
    return Int64(days * 86_400 + hour * 3600 + minute * 60 + second)
  }

  private var daysInMonth: Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  var isValid: Bool {
    (1...12).contains(month) && (1...daysInMonth).contains(day) && (0...23).contains(hour) && (0...59).contains(minute)
      && (0...59).contains(second) && (0...9999).contains(year)
  }
}

extension Int {
  /// Returns quotient and remainder of a division that rounds down, so that the remainder is never negative.
  fileprivate func flooredDivision(by divisor: Int) -> (Int, Int) {
    let quotient = self >= 0 ? self / divisor : (self - divisor + 1) / divisor
    return (quotient, self - quotient * divisor)
  }
}

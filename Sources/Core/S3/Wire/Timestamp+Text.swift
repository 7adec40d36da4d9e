import Glibc

extension Timestamp {
  private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// Parses an HTTP date in the form that servers must send: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
  init?(httpDate text: String) {
    let words = text.split { $0 == " " || $0 == ":" || $0 == "," }
    guard words.count == 8, words[7] == "GMT" || words[7] == "UTC",
      let month = Self.months.firstIndex(of: String(words[2])),
      let day = Int(words[1]), let year = Int(words[3]), let hour = Int(words[4]), let minute = Int(words[5]),
      let second = Int(words[6])
    else { return nil }
    let date = CivilDate(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
    guard date.isValid else { return nil }
    self.init(seconds: date.seconds)
  }

  /// Parses a date of S3's XML: `2009-10-12T17:50:30.000Z`, fraction optional.
  init?(iso8601 text: String) {
    let bytes = Array(text.utf8)
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
}

extension Timestamp {
  func adding(seconds: Int64) -> Timestamp {
    Timestamp(seconds: self.seconds + seconds, nanoseconds: nanoseconds)
  }

  /// Reads the system's clock.
  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }
}

/// The moment of a signature, in the two forms that Signature Version 4 uses.
struct SigningDate: Hashable, Sendable {
  /// `20130524T000000Z`
  let stamp: String
  /// `20130524`
  let day: String

  init(_ time: Timestamp) {
    let date = CivilDate(seconds: time.seconds)
    var text: [UInt8] = []
    text.reserveCapacity(16)
    func append(_ value: Int, digits: Int) {
      var divisor = digits == 4 ? 1000 : 10
      while divisor > 0 {
        text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
        divisor /= 10
      }
    }
    append(date.year, digits: 4)
    append(date.month, digits: 2)
    append(date.day, digits: 2)
    day = String(decoding: text, as: UTF8.self)
    text.append(UInt8(ascii: "T"))
    append(date.hour, digits: 2)
    append(date.minute, digits: 2)
    append(date.second, digits: 2)
    text.append(UInt8(ascii: "Z"))
    stamp = String(decoding: text, as: UTF8.self)
  }
}

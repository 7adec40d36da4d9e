/// Characters that XML 1.0 has no spelling for, raw or as a reference.
enum ControlCharacters {
  /// The document with `?` in their place; nil when it has none.
  static func replaced(in document: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(document.count)
    var found = false
    var index = 0
    while index < document.count {
      let byte = document[index]
      if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D {
        found = true
        output.append(UInt8(ascii: "?"))
      } else if byte == UInt8(ascii: "&"), let end = referenceEnd(in: document, from: index) {
        found = true
        output.append(UInt8(ascii: "?"))
        index = end
      } else {
        output.append(byte)
      }
      index += 1
    }
    return found ? output : nil
  }

  /// Where a reference such as `&#x1;` to a forbidden character, beginning at `start`, has its semicolon.
  private static func referenceEnd(in document: [UInt8], from start: Int) -> Int? {
    let window = document[start...].prefix(10)
    guard window.starts(with: "&#".utf8), let end = window.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let digits = String(decoding: document[(start + 2)..<end], as: UTF8.self)
    let value = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    guard let value else { return nil }
    return (value < 0x20 && ![0x09, 0x0A, 0x0D].contains(value)) || value == 0xFFFE || value == 0xFFFF ? end : nil
  }
}

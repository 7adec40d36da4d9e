/// Control characters, which keys may hold and XML 1.0 has no spelling for. Servers send them all the same, raw or as
/// references (`&#x1;`), and so make their answers ill-formed. Here they are disguised for the parser and restored in
/// the texts that it reads: U+10FF00 and above, in the private use area, stand for them.
enum ControlCharacters {
  /// The first three bytes of U+10FF00 ... U+10FF1F in UTF-8; the fourth is 0x80 and the character.
  private static let disguise: [UInt8] = [0xF4, 0x8F, 0xBC]

  /// The document with them disguised; nil when it has none.
  static func disguised(in document: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(document.count)
    var found = false
    var index = 0
    while index < document.count {
      let byte = document[index]
      if isForbidden(UInt32(byte)) {
        found = true
        output += disguise + [0x80 | byte]
      } else if byte == UInt8(ascii: "&"), let (value, end) = reference(in: document, at: index) {
        found = true
        output += disguise + [0x80 | value]
        index = end
      } else {
        output.append(byte)
      }
      index += 1
    }
    return found ? output : nil
  }

  /// Puts the true characters back.
  static func restored(in text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == disguise[0], index + 3 < text.count, text[index...].starts(with: disguise),
        (0x80..<0xA0).contains(text[index + 3])
      {
        output.append(text[index + 3] & 0x7F)
        index += 4
      } else {
        output.append(text[index])
        index += 1
      }
    }
    return output
  }

  /// The document with carriage returns inside texts as references: a bare one is read as a line feed (XML 1.0, 2.11).
  /// Those between elements, at the ends of lines, stay.
  static func keepingReturns(in document: [UInt8]) -> [UInt8] {
    let (feed, mark) = (UInt8(ascii: "\n"), UInt8(ascii: "<"))
    guard document.contains(0x0D) else { return document }
    var output: [UInt8] = []
    for (index, byte) in document.enumerated() {
      let next = index + 1 < document.count ? document[index + 1] : mark
      if byte == 0x0D && next != feed && next != mark { output += "&#13;".utf8 } else { output.append(byte) }
    }
    return output
  }

  private static func isForbidden(_ value: UInt32) -> Bool { value < 0x20 && ![0x09, 0x0A, 0x0D].contains(value) }

  /// A reference to a forbidden character that begins at `start`: the character, and where the semicolon is.
  private static func reference(in document: [UInt8], at start: Int) -> (UInt8, Int)? {
    let window = document[start...].prefix(10)
    guard window.starts(with: "&#".utf8), let end = window.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let digits = String(decoding: document[(start + 2)..<end], as: UTF8.self)
    let value = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    guard let value, isForbidden(value) else { return nil }
    return (UInt8(value), end)
  }
}

import Glibc

/// Characters that keys may hold and XML 1.0 cannot spell: control characters, U+FFFE and U+FFFF. Servers send them all
/// the same, raw or as references (`&#x1;`), and so make their answers ill-formed. Here they are replaced for the
/// parser and restored in the texts that it reads: U+10FF00 and above, in the private use area, represent them.
enum ForbiddenCharacters {
  /// The first three bytes of U+10FF00 ... U+10FF3F in UTF-8; the fourth is 0x80 and the mask.
  private static let disguise: [UInt8] = [0xF4, 0x8F, 0xBC]

  /// U+FFFE and U+FFFF, whose masks follow those of the control characters, and are made of the last byte in UTF-8.
  private static let lastOfPlane: [UInt8] = [0xEF, 0xBF]
  private static let lastMask: UInt8 = 0x20

  /// Returns the document with them replaced; nil when it has none.
  static func disguised(in document: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(document.count)
    var found = false
    var index = 0
    while index < document.count {
      if let (mask, end) = forbidden(in: document, at: index) {
        found = true
        output += disguise + [0x80 | mask]
        index = end
      } else {
        output.append(document[index])
        index += 1
      }
    }
    return found ? output : nil
  }

  /// Restores the true characters.
  static func restored(in text: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      if text[index] == disguise[0], index + 3 < text.count, text[index...].starts(with: disguise),
        (0x80...0x80 | lastMask + 1).contains(text[index + 3])
      {
        let mask = text[index + 3] & 0x7F
        output += mask < lastMask ? [mask] : lastOfPlane + [0xBE + (mask - lastMask)]
        index += 4
      } else {
        output.append(text[index])
        index += 1
      }
    }
    return output
  }

  /// Returns the document with carriage returns inside texts as references: XML reads a bare one as a line feed, and
  /// one with a line feed as that alone (XML 1.0, 2.11). A text is the content between an opening tag and the closing
  /// tag that follows it; the content between other tags is only layout.
  static func keepingReturns(in document: [UInt8]) -> [UInt8] {
    // memchr(3), because every listing is searched and hardly any has one.
    guard document.withUnsafeBytes({ $0.baseAddress.flatMap { memchr($0, 0x0D, document.count) } }) != nil else {
      return document
    }
    let (open, close, slash) = (UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "/"))
    var output: [UInt8] = []
    output.reserveCapacity(document.count + 64)
    var index = 0
    var isAfterOpening = false
    while index < document.count {
      if document[index] == open {
        let end = document[index...].firstIndex(of: close) ?? document.count - 1
        let tag = document[index...end]
        let first = tag.dropFirst().first
        isAfterOpening =
          first != slash && first != UInt8(ascii: "?") && first != UInt8(ascii: "!")
          && !(tag.count > 1 && tag[tag.endIndex - 2] == slash)
        output += tag
        index = end + 1
      } else {
        let end = document[index...].firstIndex(of: open) ?? document.count
        let isText = isAfterOpening && end + 1 < document.count && document[end + 1] == slash
        for byte in document[index..<end] {
          if isText, byte == 0x0D { output += "&#13;".utf8 } else { output.append(byte) }
        }
        index = end
      }
    }
    return output
  }

  /// Finds a forbidden character, raw or as a reference, that begins at `start`. Returns its mask, and where the next
  /// begins.
  private static func forbidden(in document: [UInt8], at start: Int) -> (mask: UInt8, end: Int)? {
    let byte = document[start]
    if byte == UInt8(ascii: "&") { return reference(in: document, at: start) }
    if byte < 0x20 { return mask(of: UInt32(byte)).map { ($0, start + 1) } }
    guard byte == lastOfPlane[0], start + 2 < document.count, document[start...].starts(with: lastOfPlane),
      document[start + 2] >= 0xBE
    else { return nil }
    return (lastMask + document[start + 2] - 0xBE, start + 3)
  }

  private static func reference(in document: [UInt8], at start: Int) -> (mask: UInt8, end: Int)? {
    let window = document[start...].prefix(10)
    guard window.starts(with: "&#".utf8), let end = window.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let digits = String(decoding: document[(start + 2)..<end], as: UTF8.self)
    let value = digits.lowercased().hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return value.flatMap(mask).map { ($0, end + 1) }
  }

  /// Returns the mask of a character that XML cannot contain (production [2], Char); nil for all others.
  static func mask(of value: UInt32) -> UInt8? {
    switch value {
    case 0x09, 0x0A, 0x0D: nil
    case ..<0x20: UInt8(value)
    case 0xFFFE, 0xFFFF: lastMask + UInt8(value - 0xFFFE)
    default: nil
    }
  }
}

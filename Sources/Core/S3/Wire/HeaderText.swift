/// The rules for header values (RFC 9110 section 5).
package enum HeaderText {
  package static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// Decodes header bytes, which are UTF-8 where they can be, else Latin-1 (RFC 9110 section 5.5: its historical
  /// meaning).
  static func text(_ bytes: some Collection<UInt8>) -> (text: String, isLatin1: Bool) {
    if let utf8 = String(validating: bytes, as: UTF8.self) { return (utf8, false) }
    var latin = String.UnicodeScalarView()
    for byte in bytes { latin.append(Unicode.Scalar(byte)) }
    return (String(latin), true)
  }

  /// Returns whether a text has no control characters: a line feed would begin another header.
  package static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
  }

  /// Returns whether a value arrives as it is sent: blanks at its ends do not.
  package static func isTrimmed(_ text: String) -> Bool {
    [text.utf8.first, text.utf8.last].allSatisfy { (byte: UInt8?) in byte != 0x20 && byte != 0x09 }
  }
}

/// The spelling of one name: escapes and suffixes, independent of directories. See `KeyMapping`.
///
/// Works on Unicode scalars: `Character` would join an escape with a combining mark that follows it.
enum NameEscape {
  enum Suffix { case object, continuation }

  static let quote: Unicode.Scalar = "\u{201B}"
  static let nulSymbol: Unicode.Scalar = "\u{2400}"
  static let objectSuffix = "\u{201B}object"
  static let continuationSuffix = "\u{201B}\u{2026}"
  /// The longest escape, `‛‛` or `‛␀`, is 6 bytes: a chunk that stops before one that did not fit has no fewer bytes.
  static let shortestChunk = longestChunk - 5
  static let longestChunk = KeyMapping.maximumNameLength - continuationSuffix.utf8.count

  /// The segments that cannot be names as they are, and the names written instead.
  private static let wholeNames = [("", "\u{FF0F}"), (".", "\u{FF0E}"), ("..", "\u{FF0E}\u{FF0E}")]

  /// Returns whether a text is the same as segment and as name: true for nearly all, so that the check is fast. May
  /// return false for a text that nevertheless is.
  static func isPlain(_ text: String) -> Bool {
    // Lead bytes: E2 of `‛` and `␀`, EF of the full-width forms.
    for byte in text.utf8 where byte == 0 || byte == 0x2F || byte == 0xE2 || byte == 0xEF { return false }
    return !isDots(text) && !text.utf8.isEmpty
  }

  /// Returns whether a text cannot be a file name on any POSIX system.
  static func isReserved(_ name: String) -> Bool {
    isDots(name) || name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "/") }
  }

  private static func isDots(_ text: String) -> Bool {
    text.utf8.count <= 2 && !text.utf8.isEmpty && text.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
  }

  // MARK: Segment to name

  /// Returns a segment's name with its suffix, however long it gets.
  static func whole(_ segment: Substring, isShadowedObject: Bool) -> String {
    guard isShadowedObject else { return escape(segment) }
    return segment.isEmpty ? objectSuffix : escape(segment) + objectSuffix
  }

  /// Returns the name of the continuation directory that a long segment begins with, and the rest of the segment.
  static func firstChunk(_ segment: Substring) -> (name: String, rest: Substring) {
    var name = ""
    var length = 0
    var index = segment.unicodeScalars.startIndex
    while index < segment.unicodeScalars.endIndex {
      let escaped = escape(segment.unicodeScalars[index])
      length += escaped.utf8.count
      if length > longestChunk { break }
      name += escaped
      segment.unicodeScalars.formIndex(after: &index)
    }
    return (name + continuationSuffix, segment[index...])
  }

  private static func escape(_ segment: Substring) -> String {
    for (plain, name) in wholeNames {
      if segment.utf8.elementsEqual(plain.utf8) { return name }
      if segment.utf8.elementsEqual(name.utf8) { return String(quote) + name }
    }
    var name = ""
    for scalar in segment.unicodeScalars { name += escape(scalar) }
    return name
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\0": String(nulSymbol)
    case quote, nulSymbol: String(quote) + String(scalar)
    default: String(scalar)
    }
  }

  // MARK: Name to segment

  /// Cuts the suffix off a name. In `‛‛object` the quote quotes itself and there is no suffix.
  static func splitSuffix(_ name: String) -> (escaped: Substring, suffix: Suffix?) {
    for (text, suffix) in [(objectSuffix, Suffix.object), (continuationSuffix, .continuation)] {
      guard name.utf8.count >= text.utf8.count, name.utf8.suffix(text.utf8.count).elementsEqual(text.utf8) else {
        continue
      }
      let escaped = name[..<name.utf8.index(name.endIndex, offsetBy: -text.utf8.count)]
      let quotesBefore = escaped.unicodeScalars.reversed().prefix { $0 == quote }.count
      if quotesBefore.isMultiple(of: 2) { return (escaped, suffix) }
    }
    return (Substring(name), nil)
  }

  /// Returns the segment of a name without suffix; nil when no segment is spelt so.
  static func unescape(_ name: Substring) -> String? {
    for (plain, whole) in wholeNames {
      if name.utf8.elementsEqual(whole.utf8) { return plain }
      if name.utf8.elementsEqual((String(quote) + whole).utf8) { return whole }
    }
    var segment = String.UnicodeScalarView()
    var isQuoted = false
    for scalar in name.unicodeScalars {
      if isQuoted {
        guard scalar == quote || scalar == nulSymbol else { return nil }
        segment.append(scalar)
        isQuoted = false
      } else if scalar == quote {
        isQuoted = true
      } else {
        segment.append(scalar == nulSymbol ? "\0" : scalar)
      }
    }
    return isQuoted ? nil : String(segment)
  }
}

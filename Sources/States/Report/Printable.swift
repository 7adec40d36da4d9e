import S3

/// How texts from others (keys, metadata, the contents of an imported snapshot) are shown in a line for people.
package enum Printable {
  /// Percent-encodes what could end the line, control a terminal, or change the direction of writing: so that one key
  /// is one line, which shows its true text. The gateway's `?simple` spells keys in the same way. With `keepsTabs` a
  /// tab stays.
  package static func line(_ text: some StringProtocol, keepsTabs: Bool = false) -> String {
    guard text.unicodeScalars.contains(where: { isUnsafe($0) }) else { return String(text) }
    var line = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar), !(keepsTabs && scalar == "\t") {
        line += PercentEncoding.encode(String(scalar))
      } else {
        line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": true
    // Embeddings, overrides and isolates of the bidirectional algorithm.
    case "\u{202A}"..."\u{202E}", "\u{2066}"..."\u{2069}": true
    default: false
    }
  }
}

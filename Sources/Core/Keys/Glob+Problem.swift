extension Glob {
  /// Says why a text is no pattern; `nil` if it is one. A pattern that is none would match only its own text, and what it
  /// was meant to protect or to name would not be.
  package static func problem(of text: String) -> String? {
    var rest = Array(text.unicodeScalars)[...]
    var open = 0
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\\":
        if rest.popFirst() == nil { return "\"\(text)\" is no pattern: nothing follows its last \\" }
      case "[":
        guard GlobParser.set(&rest) != nil else { return unclosed("[", in: text) }
      case "{": open += 1
      case "}": open = max(0, open - 1)
      default: break
      }
    }
    return open > 0 ? unclosed("{", in: text) : nil
  }

  private static func unclosed(_ bracket: String, in text: String) -> String {
    "\"\(text)\" is no pattern: nothing closes its \(bracket) (\\\(bracket) is the character itself)"
  }
}

extension Glob {
  /// Says why a text is no pattern; `nil` if it is one. A pattern that is none would match only its own text, and what it
  /// was meant to protect or to name would not be.
  package static func problem(of text: String) -> String? {
    var rest = Array(text.utf8)[...]
    var open = 0
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        if rest.popFirst() == nil { return "\"\(text)\" is no pattern: nothing follows its last \\" }
      case UInt8(ascii: "["):
        // The first character of a set is a member, also "]".
        guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "]")) else { return unclosed("[", in: text) }
        rest = rest[(end + 1)...]
      case UInt8(ascii: "{"): open += 1
      case UInt8(ascii: "}"): open = max(0, open - 1)
      default: break
      }
    }
    return open > 0 ? unclosed("{", in: text) : nil
  }

  private static func unclosed(_ bracket: String, in text: String) -> String {
    "\"\(text)\" is no pattern: nothing closes its \(bracket) (\\\(bracket) is the character itself)"
  }
}

import S3

/// Prints differences as text: a line for each key, followed by the details.
package struct DifferencePrinter: Sendable {
  private let colours: Bool

  package init(colours: Bool) { self.colours = colours }

  package func text(of differences: Differences) -> String {
    differences.list.map { lines(of: $0).joined(separator: "\n") + "\n" }.joined()
  }

  /// Returns "3 different: 1 missing, 2 contents; 9,997 equal".
  package static func summary(of differences: Differences) -> String {
    let words: [(Difference.Change, String)] = [
      (.unexpected, "unexpected"), (.missing, "missing"), (.content, "changed"), (.properties, "with other properties"),
    ]
    let parts = words.compactMap { change, word in
      differences.count(change) > 0 ? "\(grouped(differences.count(change))) \(word)" : nil
    }
    return "\(grouped(differences.list.count)) different (\(parts.joined(separator: ", "))), "
      + "\(grouped(differences.equal)) equal"
  }

  package func lines(of difference: Difference) -> [String] {
    var lines = [
      coloured("\(difference.change.rawValue) \(Printable.line(difference.uri))", difference.change)
        + remark(on: difference)
    ]
    for property in difference.properties {
      lines.append(
        "    \(Printable.line(property.label)): \(Self.shown(property.expected)) → \(Self.shown(property.actual))")
    }
    switch difference.contents {
    case .text(let hunks): lines += hunks.map { "    " + coloured(line: Printable.line($0, keepsTabs: true)) }
    case .binary(let offset, let expected, let actual):
      let sizes =
        expected == actual
        ? "both \(Self.grouped(actual)) bytes" : "\(Self.grouped(expected)) → \(Self.grouped(actual)) bytes"
      lines.append("    " + (offset.map { "first difference at byte \(Self.grouped($0)), \(sizes)" } ?? sizes))
    case .note(let text):
      lines += text.split(separator: "\n").map { "    \(Printable.line($0, keepsTabs: true))" }
    case nil: break
    }
    lines += difference.hints.map { "    \(Printable.line($0))" }
    return lines
  }

  private func remark(on difference: Difference) -> String {
    guard difference.key.isEmpty else { return "" }
    return difference.change == .missing ? "  (there is no such bucket)" : "  (the bucket)"
  }

  private static func shown(_ value: String?) -> String {
    value.map { $0.isEmpty ? "\"\"" : Printable.line($0) } ?? "(none)"
  }

  package static func grouped(_ number: some BinaryInteger) -> String {
    var digits = Array(String(number))
    var index = digits.count - 3
    while index > (number < 0 ? 1 : 0) {
      digits.insert(",", at: index)
      index -= 3
    }
    return String(digits)
  }

  private func coloured(_ text: String, _ change: Difference.Change) -> String {
    guard colours else { return text }
    let colour =
      switch change {
      case .unexpected: 32
      case .missing: 31
      case .content: 33
      case .properties: 36
      }
    return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
  }

  private func coloured(line: String) -> String {
    guard colours, let first = line.first else { return line }
    switch first {
    case "+": return "\u{1B}[32m\(line)\u{1B}[0m"
    case "-": return "\u{1B}[31m\(line)\u{1B}[0m"
    case "@": return "\u{1B}[36m\(line)\u{1B}[0m"
    default: return line
    }
  }
}

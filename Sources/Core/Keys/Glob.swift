/// A pattern of keys: `*` and `?` within a segment, `**` across segments, `[a-z]`, `[!a-z]`, `{one,two}`; `\` takes the
/// next character literally. A character is a Unicode scalar: keys are compared as they are, without normalization.
///
/// The pattern is compiled to the steps of an automaton, of which all that a text may have reached are followed at
/// once: a comparison takes time in proportion to the pattern times the text, whatever they contain. No user who may
/// write keys, or send a request, can make one comparison take forever.
package struct Glob: Hashable, Sendable {
  package let text: String
  private let steps: [GlobStep]
  /// How many of the first steps are literal characters.
  private let literals: Int
  /// The longest text that all matches begin with, if it is not empty.
  package let prefix: String

  package init(_ text: String) {
    self.text = text
    steps = GlobParser.steps(of: text)
    literals = steps.prefix { $0.literal != nil }.count
    prefix = String(String.UnicodeScalarView(steps.prefix(literals).compactMap(\.literal)))
  }

  /// Returns whether a text matches. Takes time in proportion to the pattern's length times the text's.
  package func matches(_ text: String) -> Bool {
    guard text.utf8.starts(with: prefix.utf8) else { return false }
    if literals == steps.count { return text.utf8.count == prefix.utf8.count }
    var run = GlobRun(steps, from: literals)
    return run.matches(text.unicodeScalars.dropFirst(literals))
  }

  /// How many comparisons of one step with one key are made between two pauses.
  private static let work = 20_000

  /// Returns the elements whose text matches, in their order. Calls `pause` repeatedly, at least every tenth of a
  /// second for texts as long as keys, so that the caller can yield, or stop by throwing.
  package func matching<Element, Failure: Error>(
    _ elements: [Element], _ text: (Element) -> String, pause: () async throws(Failure) -> Void
  ) async throws(Failure) -> [Element] {
    var found: [Element] = []
    var done = 0
    for element in elements {
      if matches(text(element)) { found.append(element) }
      done += steps.count + 1
      guard done >= Self.work else { continue }
      done = 0
      try await pause()
    }
    return found
  }
}

/// A condition on a text at one position for a pattern to continue.
enum GlobStep: Hashable, Sendable {
  case one(Unicode.Scalar)
  /// Any character but "/".
  case character
  /// One of these, or with `isNegated` any other; never "/".
  case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  /// Any characters but "/".
  case segment
  /// Any characters.
  case everything
  /// Nothing, or any characters up to a "/".
  case directories
  /// Any characters up to a "/".
  case toSlash
  /// Continues at each of these steps.
  case fork([Int])

  var literal: Unicode.Scalar? { if case .one(let scalar) = self { scalar } else { nil } }
}

/// One comparison: the steps that the text may have reached.
private struct GlobRun {
  private let steps: [GlobStep]
  private var reached: [Int] = []
  /// The last round that reached each step.
  private var rounds: [Int]
  private var round = 0
  private var open: [Int]
  /// Whether the pattern's last step is reached, which matches whatever follows.
  private var isDecided = false

  init(_ steps: [GlobStep], from first: Int) {
    self.steps = steps
    rounds = Array(repeating: -1, count: steps.count + 1)
    open = [first]
  }

  mutating func matches(_ text: Substring.UnicodeScalarView) -> Bool {
    for scalar in text {
      spread()
      if reached.isEmpty { return false }
      if isDecided { return true }
      for step in reached { take(scalar, at: step) }
      round += 1
    }
    spread()
    return rounds[steps.count] == round
  }

  /// Sets `reached` to all steps that are reached from those in `open` without a character.
  private mutating func spread() {
    reached.removeAll(keepingCapacity: true)
    while let step = open.popLast() {
      guard rounds[step] != round else { continue }
      rounds[step] = round
      guard step < steps.count else { continue }
      switch steps[step] {
      case .one, .character, .set: break
      case .segment: open.append(step + 1)
      case .everything:
        isDecided = isDecided || step + 1 == steps.count
        open.append(step + 1)
      // The step after it extends to a slash.
      case .directories:
        open += [step + 1, step + 2]
        continue
      case .toSlash: break
      case .fork(let targets):
        open += targets
        continue
      }
      reached.append(step)
    }
  }

  private mutating func take(_ scalar: Unicode.Scalar, at step: Int) {
    let slash: Unicode.Scalar = "/"
    switch steps[step] {
    case .one(let wanted): if scalar == wanted { open.append(step + 1) }
    case .character: if scalar != slash { open.append(step + 1) }
    case .everything: open.append(step)
    case .set(let ranges, let isNegated):
      if scalar != slash, ranges.contains(where: { $0.contains(scalar) }) != isNegated { open.append(step + 1) }
    case .segment: if scalar != slash { open.append(step) }
    case .toSlash:
      open.append(step)
      if scalar == slash { open.append(step + 1) }
    case .directories, .fork: break
    }
  }
}

extension Glob {
  /// Returns why a text is not a valid pattern; `nil` if it is valid. An invalid pattern would match only its own text,
  /// and fail to match what it was meant to protect or to name.
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

/// Parses the text of a pattern into steps. Takes time in proportion to the text, however deep its braces are.
struct GlobParser {
  private enum Token: Equatable {
    case step(GlobStep)
    /// An unescaped slash.
    case slash
    /// Two or more stars.
    case stars
    case open, comma, close
  }

  /// A pair of braces whose end is not reached yet.
  private struct Choice {
    let fork: Int
    var branches: [Int]
    /// The steps that end a branch, and continue after the braces.
    var ends: [Int] = []
  }

  /// Returns the steps of a pattern. Invalid syntax is taken literally: a bracket or brace without its partner, a comma
  /// outside braces, a backslash at the end.
  static func steps(of text: String) -> [GlobStep] {
    let tokens = tokens(of: Array(text.unicodeScalars)[...])
    return steps(of: tokens, closed: closed(tokens))
  }

  private static func tokens(of text: ArraySlice<Unicode.Scalar>) -> [Token] {
    var rest = text
    var tokens: [Token] = []
    /// Whether no bracket is closed from here on.
    var isWithoutSets = false
    while let scalar = rest.popFirst() {
      switch scalar {
      case "*":
        let isOne = rest.first != scalar
        rest = rest.drop { $0 == scalar }
        tokens.append(isOne ? .step(.segment) : .stars)
      case "/": tokens.append(.slash)
      case "?": tokens.append(.step(.character))
      case "\\": tokens.append(.step(.one(rest.popFirst() ?? scalar)))
      case "[" where !isWithoutSets:
        let set = set(&rest)
        isWithoutSets = set == nil
        tokens.append(.step(set ?? .one(scalar)))
      case "{": tokens.append(.open)
      case ",": tokens.append(.comma)
      case "}": tokens.append(.close)
      default: tokens.append(.step(.one(scalar)))
      }
    }
    return tokens
  }

  /// Parses the rest of a set, after its "[". Its first member may be "]". Returns `nil`, and consumes nothing, where
  /// no bracket closes it.
  static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> GlobStep? {
    var members = rest
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    let isNegated = members.first == "!" || members.first == "^"
    if isNegated { members = members.dropFirst() }
    func member(_ scalar: Unicode.Scalar) -> Unicode.Scalar? { scalar == "\\" ? members.popFirst() : scalar }
    while let next = members.popFirst() {
      if next == "]", !ranges.isEmpty {
        rest = members
        return .set(merged(ranges), isNegated: isNegated)
      }
      guard let low = member(next) else { return nil }
      var range = low...low
      if members.count >= 2, members.first == "-", members.dropFirst().first != "]" {
        let before = members
        members = members.dropFirst()
        if let high = members.popFirst().flatMap(member), high >= low { range = low...high } else { members = before }
      }
      ranges.append(range)
    }
    return nil
  }

  /// Returns the same characters in as few ranges as possible: a set costs no more than its ranges.
  private static func merged(_ ranges: [ClosedRange<Unicode.Scalar>]) -> [ClosedRange<Unicode.Scalar>] {
    ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, range in
      if let last = merged.last, range.lowerBound.value <= last.upperBound.value + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
  }

  /// Returns the places of the braces that have a partner.
  private static func closed(_ tokens: [Token]) -> Set<Int> {
    var open: [Int] = []
    var closed: Set<Int> = []
    for (place, token) in tokens.enumerated() {
      if token == .open { open.append(place) }
      if token == .close, let partner = open.popLast() { closed.formUnion([partner, place]) }
    }
    return closed
  }

  private static func steps(of tokens: [Token], closed: Set<Int>) -> [GlobStep] {
    var steps: [GlobStep] = []
    var choices: [Choice] = []
    var place = 0
    /// Whether a segment, or a branch of braces, begins here.
    var begins = true
    while place < tokens.count {
      let token = tokens[place]
      let isReal = closed.contains(place)
      place += 1
      var beginsNext = false
      switch token {
      case .step(let step):
        steps.append(step)
        beginsNext = step == .one("/")
      case .slash:
        steps.append(.one("/"))
        beginsNext = true
      case .stars where begins && place < tokens.count && tokens[place] == .slash:
        place += 1
        steps += [.directories, .toSlash]
      case .stars: steps.append(.everything)
      case .open where isReal:
        choices.append(Choice(fork: steps.count, branches: [steps.count + 1]))
        steps.append(.fork([]))
        beginsNext = true
      case .comma where !choices.isEmpty:
        choices[choices.count - 1].ends.append(steps.count)
        steps.append(.fork([]))
        choices[choices.count - 1].branches.append(steps.count)
        beginsNext = true
      case .close where isReal:
        guard let choice = choices.popLast() else { break }
        steps[choice.fork] = .fork(choice.branches)
        for end in choice.ends { steps[end] = .fork([steps.count]) }
      case .open: steps.append(.one("{"))
      case .comma: steps.append(.one(","))
      case .close: steps.append(.one("}"))
      }
      begins = beginsNext
    }
    return steps
  }
}

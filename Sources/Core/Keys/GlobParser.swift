/// Turns the text of a pattern into steps. Takes time in proportion to the text, however deep its braces are.
struct GlobParser {
  private enum Token: Equatable {
    case step(GlobStep)
    /// One that is not escaped.
    case slash
    /// Two stars or more.
    case stars
    case open, comma, close
  }

  /// A pair of braces whose end is not reached.
  private struct Choice {
    let fork: Int
    var branches: [Int]
    /// The steps that end a branch, and go on behind the braces.
    var ends: [Int] = []
  }

  /// Returns the steps of a pattern. What is no pattern stands for itself: a bracket or brace without its partner, a
  /// comma outside braces, a backslash at the end.
  static func steps(of text: String) -> [GlobStep] {
    let tokens = tokens(of: Array(text.utf8)[...])
    return steps(of: tokens, closed: closed(tokens))
  }

  private static func tokens(of text: ArraySlice<UInt8>) -> [Token] {
    var rest = text
    var tokens: [Token] = []
    /// Nothing behind it closes a bracket.
    var isWithoutSets = false
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"):
        let isOne = rest.first != byte
        rest = rest.drop { $0 == byte }
        tokens.append(isOne ? .step(.segment) : .stars)
      case UInt8(ascii: "/"): tokens.append(.slash)
      case UInt8(ascii: "?"): tokens += [.step(.character), .step(.restOfCharacter)]
      case UInt8(ascii: "\\"): tokens.append(.step(.byte(rest.popFirst() ?? byte)))
      case UInt8(ascii: "[") where !isWithoutSets:
        let set = set(&rest)
        isWithoutSets = set == nil
        tokens.append(.step(set ?? .byte(byte)))
      case UInt8(ascii: "{"): tokens.append(.open)
      case UInt8(ascii: ","): tokens.append(.comma)
      case UInt8(ascii: "}"): tokens.append(.close)
      default: tokens.append(.step(.byte(byte)))
      }
    }
    return tokens
  }

  private static func set(_ rest: inout ArraySlice<UInt8>) -> GlobStep? {
    guard let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "]")) else { return nil }
    var members = rest[..<end]
    var ranges: [ClosedRange<UInt8>] = []
    let isNegated = members.first == UInt8(ascii: "!") || members.first == UInt8(ascii: "^")
    if isNegated { members = members.dropFirst() }
    while let low = members.popFirst() {
      if members.count >= 2, members.first == UInt8(ascii: "-"), let high = members.dropFirst().first, high >= low {
        members = members.dropFirst(2)
        ranges.append(low...high)
      } else {
        ranges.append(low...low)
      }
    }
    rest = rest[(end + 1)...]
    return .set(merged(ranges), isNegated: isNegated)
  }

  /// Returns the same bytes in as few ranges as possible: a set costs no more than its ranges.
  private static func merged(_ ranges: [ClosedRange<UInt8>]) -> [ClosedRange<UInt8>] {
    ranges.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, range in
      if let last = merged.last, Int(range.lowerBound) <= Int(last.upperBound) + 1 {
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
        beginsNext = step == .byte(UInt8(ascii: "/"))
      case .slash:
        steps.append(.byte(UInt8(ascii: "/")))
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
      case .open: steps.append(.byte(UInt8(ascii: "{")))
      case .comma: steps.append(.byte(UInt8(ascii: ",")))
      case .close: steps.append(.byte(UInt8(ascii: "}")))
      }
      begins = beginsNext
    }
    return steps
  }
}

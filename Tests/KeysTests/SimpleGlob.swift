/// A reference implementation of `Glob` by backtracking: simple, and in exponential time.
struct SimpleGlob {
  private indirect enum Piece: Equatable {
    case one(Unicode.Scalar)
    case any
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    /// Any characters but "/".
    case segment
    /// Any characters; as a whole segment `**/` also none.
    case everything
    case directories
    case choice([[Piece]])
  }

  private let pieces: [Piece]

  init(_ text: String) {
    var rest = Array(text.unicodeScalars)[...]
    pieces = Self.parse(&rest, inChoice: false)
  }

  func matches(_ text: String) -> Bool { Self.match(pieces[...], Array(text.unicodeScalars)[...]) }

  private static func parse(_ rest: inout ArraySlice<Unicode.Scalar>, inChoice: Bool) -> [Piece] {
    var pieces: [Piece] = []
    while let byte = rest.first {
      if inChoice, byte == "," || byte == "}" { break }
      rest = rest.dropFirst()
      switch byte {
      case "*":
        guard rest.first == "*" else {
          pieces.append(.segment)
          break
        }
        rest = rest.drop { $0 == "*" }
        if rest.first == "/", pieces.isEmpty || pieces.last == .one("/") {
          rest = rest.dropFirst()
          pieces.append(.directories)
        } else {
          pieces.append(.everything)
        }
      case "?": pieces.append(.any)
      case "\\":
        if let next = rest.popFirst() { pieces.append(.one(next)) } else { pieces.append(.one(byte)) }
      case "[": pieces.append(set(&rest) ?? .one(byte))
      case "{": pieces.append(choice(&rest) ?? .one(byte))
      default: pieces.append(.one(byte))
      }
    }
    return pieces
  }

  private static func set(_ rest: inout ArraySlice<Unicode.Scalar>) -> Piece? {
    var text = rest
    let isNegated = text.first == "!" || text.first == "^"
    if isNegated { text.removeFirst() }
    /// Members, each with whether it was escaped.
    var members: [(Unicode.Scalar, Bool)] = []
    while text.first != "]" || members.isEmpty {
      guard let next = text.popFirst() else { return nil }
      if next == "\\" {
        guard let escaped = text.popFirst() else { return nil }
        members.append((escaped, true))
      } else {
        members.append((next, false))
      }
    }
    rest = text.dropFirst()
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    while !members.isEmpty {
      let low = members.removeFirst().0
      if members.count >= 2, members[0] == ("-", false), members[1].0 >= low {
        ranges.append(low...members[1].0)
        members.removeFirst(2)
      } else {
        ranges.append(low...low)
      }
    }
    return .set(ranges, isNegated: isNegated)
  }

  private static func choice(_ rest: inout ArraySlice<Unicode.Scalar>) -> Piece? {
    let start = rest
    var choices: [[Piece]] = []
    while true {
      choices.append(parse(&rest, inChoice: true))
      switch rest.popFirst() {
      case ",": continue
      case "}": return .choice(choices)
      default:
        rest = start
        return nil
      }
    }
  }

  private static func match(_ pieces: ArraySlice<Piece>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
    var pieces = pieces
    var text = text
    while let piece = pieces.popFirst() {
      switch piece {
      case .one(let byte):
        guard text.popFirst() == byte else { return false }
      case .any:
        guard let first = text.popFirst(), first != "/" else { return false }
      case .set(let ranges, let isNegated):
        guard let byte = text.popFirst(), byte != "/",
          ranges.contains(where: { $0.contains(byte) }) != isNegated
        else { return false }
      case .segment:
        while true {
          if match(pieces, text) { return true }
          guard let next = text.popFirst(), next != "/" else { return false }
        }
      case .everything:
        if pieces.isEmpty { return true }
        while true {
          if match(pieces, text) { return true }
          if text.popFirst() == nil { return false }
        }
      case .directories:
        if match(pieces, text) { return true }
        while let byte = text.popFirst() {
          if byte == "/", match(pieces, text) { return true }
        }
        return false
      case .choice(let choices): return choices.contains { match(($0 + pieces)[...], text) }
      }
    }
    return text.isEmpty
  }
}

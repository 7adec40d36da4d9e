/// The rules of `Glob`, tried out one way after another: simple, and in exponential time.
struct SimpleGlob {
  private indirect enum Piece: Equatable {
    case byte(UInt8)
    case anyByte
    case set([ClosedRange<UInt8>], isNegated: Bool)
    /// Any bytes but "/".
    case segment
    /// Any bytes; as a whole segment `**/` also none.
    case everything
    case directories
    case choice([[Piece]])
  }

  private let pieces: [Piece]

  init(_ text: String) {
    var rest = Array(text.utf8)[...]
    pieces = Self.parse(&rest, inChoice: false)
  }

  func matches(_ text: String) -> Bool { Self.match(pieces[...], Array(text.utf8)[...]) }

  private static func parse(_ rest: inout ArraySlice<UInt8>, inChoice: Bool) -> [Piece] {
    var pieces: [Piece] = []
    while let byte = rest.first {
      if inChoice, byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") { break }
      rest = rest.dropFirst()
      switch byte {
      case UInt8(ascii: "*"):
        guard rest.first == UInt8(ascii: "*") else {
          pieces.append(.segment)
          break
        }
        rest = rest.drop { $0 == UInt8(ascii: "*") }
        if rest.first == UInt8(ascii: "/"), pieces.isEmpty || pieces.last == .byte(UInt8(ascii: "/")) {
          rest = rest.dropFirst()
          pieces.append(.directories)
        } else {
          pieces.append(.everything)
        }
      case UInt8(ascii: "?"): pieces.append(.anyByte)
      case UInt8(ascii: "\\"):
        if let next = rest.popFirst() { pieces.append(.byte(next)) } else { pieces.append(.byte(byte)) }
      case UInt8(ascii: "["): pieces.append(set(&rest) ?? .byte(byte))
      case UInt8(ascii: "{"): pieces.append(choice(&rest) ?? .byte(byte))
      default: pieces.append(.byte(byte))
      }
    }
    return pieces
  }

  private static func set(_ rest: inout ArraySlice<UInt8>) -> Piece? {
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
    return .set(ranges, isNegated: isNegated)
  }

  private static func choice(_ rest: inout ArraySlice<UInt8>) -> Piece? {
    let start = rest
    var choices: [[Piece]] = []
    while true {
      choices.append(parse(&rest, inChoice: true))
      switch rest.popFirst() {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "}"): return .choice(choices)
      default:
        rest = start
        return nil
      }
    }
  }

  private static func match(_ pieces: ArraySlice<Piece>, _ text: ArraySlice<UInt8>) -> Bool {
    var pieces = pieces
    var text = text
    while let piece = pieces.popFirst() {
      switch piece {
      case .byte(let byte):
        guard text.popFirst() == byte else { return false }
      case .anyByte:
        guard let first = text.popFirst(), first != UInt8(ascii: "/") else { return false }
        // The rest of a character.
        if first >= 0xC0 { text = text.drop { $0 & 0xC0 == 0x80 } }
      case .set(let ranges, let isNegated):
        guard let byte = text.popFirst(), byte != UInt8(ascii: "/"),
          ranges.contains(where: { $0.contains(byte) }) != isNegated
        else { return false }
      case .segment:
        while true {
          if match(pieces, text) { return true }
          guard let next = text.popFirst(), next != UInt8(ascii: "/") else { return false }
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
          if byte == UInt8(ascii: "/"), match(pieces, text) { return true }
        }
        return false
      case .choice(let choices): return choices.contains { match(($0 + pieces)[...], text) }
      }
    }
    return text.isEmpty
  }
}

/// A pattern of keys: `*` and `?` within a segment, `**` across segments, `[a-z]`, `[!a-z]`, `{one,two}`; `\` takes the
/// next character as it is. Compared byte by byte, as keys are.
///
/// The pattern becomes the steps of an automaton, of which all that a text may have reached are followed at once: a
/// comparison takes time in proportion to the pattern times the text, whatever stands in them. Whoever writes keys, or
/// asks a gateway, must not be able to make one comparison take for ever.
package struct Glob: Hashable, Sendable {
  package let text: String
  private let steps: [GlobStep]
  /// The bytes that all matches begin with.
  private let literal: [UInt8]

  package init(_ text: String) {
    self.text = text
    steps = GlobParser.steps(of: text)
    literal = steps.prefix { $0.literal != nil }.compactMap(\.literal)
  }

  /// The longest text that all matches begin with.
  package var prefix: String {
    var bytes = literal
    // A prefix of listings must be text.
    while !bytes.isEmpty, String(validating: bytes, as: UTF8.self) == nil { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Whether a text matches. Takes time in proportion to the pattern's length times the text's.
  package func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      guard bytes.count >= literal.count, bytes.starts(with: literal) else { return false }
      if literal.count == steps.count { return bytes.count == literal.count }
      var run = GlobRun(steps, from: literal.count)
      return run.matches(bytes.dropFirst(literal.count))
    }
  }

  /// How many comparisons of one step with one key are made between two pauses.
  private static let work = 20_000

  /// Returns the elements whose text matches, in their order. Calls `pause` again and again, at least every tenth of a
  /// second for texts as long as keys, so that the caller can give way, or stop by throwing.
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

/// What a text must have at one place for a pattern to go on.
enum GlobStep: Hashable, Sendable {
  case byte(UInt8)
  /// The first byte of a character other than "/".
  case character
  /// The other bytes of that character.
  case restOfCharacter
  case set([ClosedRange<UInt8>], isNegated: Bool)
  /// Any bytes but "/".
  case segment
  /// Any bytes.
  case everything
  /// Nothing, or any bytes up to a "/".
  case directories
  /// Any bytes up to a "/".
  case toSlash
  /// Goes on at each of these steps.
  case fork([Int])

  var literal: UInt8? { if case .byte(let byte) = self { byte } else { nil } }
}

/// One comparison: the steps that the text may have reached.
private struct GlobRun {
  private let steps: [GlobStep]
  private var reached: [Int] = []
  /// For each step the last round that reached it.
  private var rounds: [Int]
  private var round = 0
  private var open: [Int]
  /// Whether the pattern's last step is reached, and takes whatever follows.
  private var isDecided = false

  init(_ steps: [GlobStep], from first: Int) {
    self.steps = steps
    rounds = Array(repeating: -1, count: steps.count + 1)
    open = [first]
  }

  mutating func matches(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    for byte in text {
      spread(before: byte)
      if reached.isEmpty { return false }
      if isDecided { return true }
      for step in reached { take(byte, at: step) }
      round += 1
    }
    spread(before: nil)
    return rounds[steps.count] == round
  }

  /// Makes `reached` of all steps that are reached from those in `open` without a byte.
  /// - Parameter byte: the byte that comes next: a character ends before it or not.
  private mutating func spread(before byte: UInt8?) {
    reached.removeAll(keepingCapacity: true)
    while let step = open.popLast() {
      guard rounds[step] != round else { continue }
      rounds[step] = round
      guard step < steps.count else { continue }
      switch steps[step] {
      case .byte, .character, .set: break
      case .restOfCharacter where byte.map { $0 & 0xC0 == 0x80 } ?? false: break
      case .restOfCharacter:
        open.append(step + 1)
        continue
      case .segment: open.append(step + 1)
      case .everything:
        isDecided = isDecided || step + 1 == steps.count
        open.append(step + 1)
      // The step behind it goes up to a slash.
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

  private mutating func take(_ byte: UInt8, at step: Int) {
    let slash = UInt8(ascii: "/")
    switch steps[step] {
    case .byte(let wanted): if byte == wanted { open.append(step + 1) }
    case .character: if byte != slash { open.append(byte >= 0xC0 ? step + 1 : step + 2) }
    case .restOfCharacter, .everything: open.append(step)
    case .set(let ranges, let isNegated):
      if byte != slash, ranges.contains(where: { $0.contains(byte) }) != isNegated { open.append(step + 1) }
    case .segment: if byte != slash { open.append(step) }
    case .toSlash:
      open.append(step)
      if byte == slash { open.append(step + 1) }
    case .directories, .fork: break
    }
  }
}

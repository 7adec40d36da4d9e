import TestSupport
import Testing

@testable import States

@Suite("Unified diffs")
struct LineDiffTests {
  private func diff(_ old: String, _ new: String) -> String {
    LineDiff.unified(Array(old.utf8), Array(new.utf8)).joined(separator: "\n")
  }

  @Test("A changed line is shown with its context")
  func change() {
    let diff = diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nfive\n6\n7\n8\n")
    #expect(diff == "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8")
  }

  @Test("Empty texts, and texts without a line feed at the end")
  func edges() {
    #expect(diff("", "a\n") == "@@ -0,0 +1 @@\n+a")
    #expect(diff("a\n", "") == "@@ -1 +0,0 @@\n-a")
    #expect(diff("a", "a\n") == "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a")
    #expect(diff("a\n", "a\n").isEmpty)
  }

  @Test("Any diff, applied to the old text, makes the new one", arguments: 0..<40)
  func property(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    func text() -> [String] {
      (0..<Int.random(in: 0...30, using: &generator)).map { _ in String(Int.random(in: 0...6, using: &generator)) }
    }
    let old = text()
    let new = seed.isMultiple(of: 3) ? text() : Self.edited(old, &generator)
    let hunks = LineDiff.unified(Self.bytes(old), Self.bytes(new))
    #expect(Self.applied(hunks, to: old) == new)
  }

  @Test("Two large texts without a common line are compared quickly")
  func bounded() {
    let old = (0..<30_000).map { "a\($0)\n" }.joined()
    let new = (0..<30_000).map { "b\($0)\n" }.joined()
    #expect(LineDiff.unified(Array(old.utf8), Array(new.utf8)).count == 60_001)
  }

  private static func edited(_ lines: [String], _ generator: inout SeededGenerator) -> [String] {
    var lines = lines
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      let index = Int.random(in: 0...lines.count, using: &generator)
      if index < lines.count, Bool.random(using: &generator) {
        lines.remove(at: index)
      } else {
        lines.insert("new", at: index)
      }
    }
    return lines
  }

  private static func bytes(_ lines: [String]) -> [UInt8] { Array(lines.map { $0 + "\n" }.joined().utf8) }

  /// What patch(1) does, without fuzz.
  private static func applied(_ hunks: [String], to old: [String]) -> [String] {
    var result: [String] = []
    var position = 0
    for line in hunks {
      if line.hasPrefix("@@") {
        let numbers = line.split { !$0.isNumber }.compactMap { Int($0) }
        let isOne = !line.split(separator: " ")[1].contains(",")
        let count = isOne ? 1 : numbers[1]
        let start = count == 0 ? numbers[0] : numbers[0] - 1
        result += old[position..<start]
        position = start
      } else if line.hasPrefix(" ") {
        result.append(old[position])
        position += 1
      } else if line.hasPrefix("-") {
        position += 1
      } else {
        result.append(String(line.dropFirst()))
      }
    }
    return result + old[position...]
  }
}

import S3
import TestSupport
import Testing

@testable import Core

struct ByteOrderTests {
  private func sorted(_ names: [String]) -> [String] {
    names.sorted(byBytesOf: { ByteName($0) })
  }

  @Test(arguments: [
    [], ["b", "a"], ["part-00000-b", "part-00000-a", "part-00000-"], ["a", "", "a\u{0}", "a\u{0}\u{0}"],
    ["é", "e\u{301}", "z", "日本", "😀", "\u{FFFF}"], ["abcdefgh2", "abcdefgh1", "abcdefgh", "abcdefg"],
  ])
  func namesAreOrderedByTheirBytes(_ names: [String]) {
    #expect(sorted(names) == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
  }

  @Test func theOrderEqualsThatOfComparingAllBytes() {
    var generator = SeededGenerator(seed: 36)
    for _ in 0..<200 {
      let prefix = String(repeating: "p", count: .random(in: 0...12, using: &generator))
      let names = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
        let scalars = (0..<Int.random(in: 0...14, using: &generator)).map { _ in
          Unicode.Scalar(UInt32([0, 0x61, 0x62, 0x7F, 0xE9, 0x65E5, 0x1F600].randomElement(using: &generator)!))!
        }
        return prefix + String(String.UnicodeScalarView(scalars))
      }
      // Compared as bytes: strings that are equal in Swift may be different names.
      let expected = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
      #expect(sorted(names).map { Array($0.utf8) } == expected)
    }
  }
}

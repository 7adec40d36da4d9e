import TestSupport
import Testing

@testable import Core

@Suite("A set of byte ranges")
struct ByteRangeSetTests {
  @Test("Ranges that touch become one, and one in the middle is cut out")
  func coalescing() {
    var set = ByteRangeSet(0..<10)
    set.insert(20..<30)
    set.insert(10..<20)
    #expect(set.ranges == [0..<30])
    set.remove(5..<25)
    #expect(set.ranges == [0..<5, 25..<30])
    #expect(set.count == 10)
    set.truncate(to: 27)
    #expect(set.ranges == [0..<5, 25..<27])
    set.truncate(to: 1000)
    #expect(set.end == 27)
  }

  @Test("Empty ranges change nothing")
  func emptyRanges() {
    var set = ByteRangeSet(3..<5)
    set.insert(4..<4)
    set.insert(9..<9)
    set.remove(4..<4)
    #expect(set.ranges == [3..<5])
  }

  @Test("It agrees with a bitmap after any operations", arguments: UInt64(1)...12)
  func agreesWithBitmap(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let size = 64
    var bitmap = [Bool](repeating: false, count: size)
    var set = ByteRangeSet()
    for _ in 0..<60 {
      let bounds = [Int.random(in: 0...size, using: &generator), Int.random(in: 0...size, using: &generator)].sorted()
      let range = Int64(bounds[0])..<Int64(bounds[1])
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1, 2:
        set.insert(range)
        for index in bounds[0]..<bounds[1] { bitmap[index] = true }
      case 3:
        set.remove(range)
        for index in bounds[0]..<bounds[1] { bitmap[index] = false }
      default:
        let end = Int.random(in: size / 2...size, using: &generator)
        set.truncate(to: Int64(end))
        for index in end..<size { bitmap[index] = false }
      }
      check(set, bitmap, range)
    }
  }

  private func check(_ set: ByteRangeSet, _ bitmap: [Bool], _ range: Range<Int64>) {
    #expect(set.count == Int64(bitmap.count { $0 }))
    #expect(zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
    #expect(set.ranges.allSatisfy { !$0.isEmpty })
    for (index, isSet) in bitmap.enumerated() {
      #expect(set.contains(Int64(index)) == isSet)
      #expect(set.firstCovered(from: Int64(index)) == bitmap[index...].firstIndex(of: true).map(Int64.init))
      #expect(set.firstGap(from: Int64(index)) == Int64(bitmap[index...].firstIndex(of: false) ?? bitmap.count))
    }
    let bits = bitmap[Int(range.lowerBound)..<Int(range.upperBound)]
    #expect(set.contains(range) == bits.allSatisfy { $0 })
    #expect(set.overlaps(range) == bits.contains(true))
    var offset = range.lowerBound
    for piece in set.covered(in: range) {
      #expect(piece.range.lowerBound == offset && !piece.range.isEmpty)
      let isCovered = if case .covered = piece { true } else { false }
      #expect(bitmap[Int(piece.range.lowerBound)..<Int(piece.range.upperBound)].allSatisfy { $0 == isCovered })
      offset = piece.range.upperBound
    }
    #expect(offset == range.upperBound)
    #expect(set.gaps(in: range).reduce(0) { $0 + Int64($1.count) } == Int64(bits.count { !$0 }))
  }
}

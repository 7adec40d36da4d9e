import Testing

@testable import Core

@Suite("Files opened one after the other")
struct SequentialOpensTests {
  private func steps(_ positions: [Int], of count: Int = 100) -> [Range<Int>] {
    var walk = SequentialOpens()
    return positions.map { walk.step(to: $0, of: count) }
  }

  private func fetched(_ positions: [Int]) -> [Int] { steps(positions).flatMap { Array($0) } }

  @Test func nothingIsPrefetchedBeforeTheThirdOpenInOrder() {
    let ranges = steps([10, 11, 12])
    #expect(ranges[0].isEmpty && ranges[1].isEmpty)
    #expect(ranges[2] == 13..<16)
  }

  @Test func sequentialOpensPrefetchEachPositionOnceAndWithinReach() {
    var seen = Set<Int>()
    for (position, range) in steps(Array(0..<50), of: 50).enumerated() {
      #expect(range.isEmpty || range.upperBound <= position + 1 + SequentialOpens.reach)
      #expect(range.isEmpty || range.lowerBound > position)
      for next in range { #expect(seen.insert(next).inserted) }
    }
    #expect(seen == Set(3..<50))
  }

  @Test func concurrentReadersMayOpenSlightlyOutOfOrder() {
    #expect(fetched([0, 2, 1, 4, 3, 6, 5, 7, 9, 8]) == Array(5..<16))
  }

  @Test func randomOpensPrefetchNothing() {
    #expect(fetched([50, 10, 90, 30, 70, 20, 80, 40, 0, 60]) == [])
    #expect(fetched([90, 80, 70, 60, 50]) == [])
    // The same file repeatedly.
    #expect(fetched([5, 5, 5, 5, 5]) == [])
  }

  @Test func prefetchFollowsWhenTheOrderContinuesElsewhere() {
    let ranges = steps([0, 1, 2, 50, 51, 52])
    #expect(ranges[2] == 3..<6)
    #expect(ranges[3].isEmpty && ranges[4].isEmpty)
    #expect(ranges[5] == 53..<56)
    #expect(steps([0, 1, 2, 3], of: 4) == [0..<0, 1..<1, 3..<4, 3..<3])
  }
}

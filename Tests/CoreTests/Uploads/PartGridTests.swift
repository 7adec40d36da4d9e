// SEMANTICS: 3.9
import Testing

@testable import Core

@Suite("The parts of an upload whose size is not known")
struct PartGridTests {
  @Test("parts are contiguous, and every byte is in the part that its offset maps to")
  func contiguous() {
    let grid = PartGrid(partSize: 10, run: 3)
    var end: Int64 = 0
    for number in 1...12 {
      let range = grid.range(of: number)
      #expect(range.lowerBound == end)
      #expect(range.count == [10, 10, 10, 20, 20, 20, 40, 40, 40, 80, 80, 80][number - 1])
      for offset in range { #expect(grid.number(at: offset) == number) }
      end = range.upperBound
    }
  }

  @Test("the largest object fits into 10,000 parts of at most 5 GiB")
  func largest() {
    let parts = PartGrid().parts(of: UploadLimits.maximumSize)
    #expect(parts.count <= 10_000)
    #expect(parts.last?.range.upperBound == UploadLimits.maximumSize)
    #expect(parts.allSatisfy { Int64($0.range.count) <= 5 << 30 })
  }

  @Test("the last part ends with the object")
  func cut() {
    #expect(PartGrid(partSize: 10, run: 3).parts(of: 35).map(\.range) == [0..<10, 10..<20, 20..<30, 30..<35])
    #expect(PartGrid(partSize: 10, run: 3).parts(of: 20).map(\.range) == [0..<10, 10..<20])
    #expect(PartGrid().parts(of: 0).isEmpty)
  }
}

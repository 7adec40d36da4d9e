/// The parts of a multipart upload whose size is not known when it begins: always the same for the same offset.
///
/// Every thousand parts the size doubles, so that 10,000 parts hold the largest object, and a small one has small
/// parts.
struct PartGrid: Hashable, Sendable {
  /// The size of the first parts, in bytes.
  var partSize = UploadLimits().partSize
  /// How many parts have one size.
  var run = 1000

  /// Returns the range of a part.
  /// - Parameter number: from 1.
  func range(of number: Int) -> Range<Int64> {
    let (doublings, index) = (number - 1).quotientAndRemainder(dividingBy: run)
    let size = partSize << Int64(doublings)
    let start = Int64(run) * (size - partSize) + Int64(index) * size
    return start..<start + size
  }

  /// Returns the number of the part that holds a byte.
  func number(at offset: Int64) -> Int {
    var number = 1
    while range(of: number + run).lowerBound <= offset { number += run }
    let first = range(of: number)
    return number + Int((offset - first.lowerBound) / Int64(first.count))
  }

  /// Returns the parts of an object of that size, in order.
  func parts(of size: Int64) -> [(number: Int, range: Range<Int64>)] {
    guard size > 0 else { return [] }
    return (1...number(at: size - 1)).map { ($0, range(of: $0).clamped(to: 0..<size)) }
  }
}

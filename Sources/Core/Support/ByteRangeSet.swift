/// A set of byte offsets, stored as ranges in order that neither overlap nor touch.
///
/// Finding an offset costs O(log n) in the number of ranges; insert and remove O(n) at worst, O(1) at the end.
struct ByteRangeSet: Hashable, Sendable {
  /// A range that is completely inside or completely outside the set.
  enum Piece: Hashable, Sendable {
    case covered(Range<Int64>)
    case gap(Range<Int64>)

    var range: Range<Int64> {
      switch self {
      case .covered(let range), .gap(let range): range
      }
    }
  }

  /// In order, disjoint, not adjacent, none empty.
  private(set) var ranges: [Range<Int64>] = []
  /// How many bytes are in the set.
  private(set) var count: Int64 = 0

  init() {}

  init(_ range: Range<Int64>) { insert(range) }

  var isEmpty: Bool { ranges.isEmpty }
  /// The end of the last range; 0 for the empty set.
  var end: Int64 { ranges.last?.upperBound ?? 0 }

  // MARK: Changing

  mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    // All ranges that overlap or touch it are merged with it.
    let first = ranges.partitionPoint { $0.upperBound >= range.lowerBound }
    let last = ranges.partitionPoint { $0.lowerBound > range.upperBound }
    var merged = range
    if first < last {
      merged = min(range.lowerBound, ranges[first].lowerBound)..<max(range.upperBound, ranges[last - 1].upperBound)
    }
    replace(first..<last, with: CollectionOfOne(merged))
  }

  mutating func remove(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    let first = ranges.partitionPoint { $0.upperBound > range.lowerBound }
    let last = ranges.partitionPoint { $0.lowerBound >= range.upperBound }
    guard first < last else { return }
    let before = ranges[first].lowerBound..<max(ranges[first].lowerBound, range.lowerBound)
    let after = min(ranges[last - 1].upperBound, range.upperBound)..<ranges[last - 1].upperBound
    replace(first..<last, with: [before, after].filter { !$0.isEmpty })
  }

  /// Removes everything at and above `size`.
  mutating func truncate(to size: Int64) { if size < end { remove(size..<end) } }

  mutating func removeAll() { self = Self() }

  private mutating func replace(_ indices: Range<Int>, with replacement: some Collection<Range<Int64>>) {
    for range in ranges[indices] { count -= range.upperBound - range.lowerBound }
    for range in replacement { count += range.upperBound - range.lowerBound }
    ranges.replaceSubrange(indices, with: replacement)
  }

  // MARK: Queries

  func contains(_ offset: Int64) -> Bool { firstCovered(from: offset) == offset }

  /// Returns whether every byte of a range is in the set; true for an empty range.
  func contains(_ range: Range<Int64>) -> Bool {
    if range.isEmpty { return true }
    let index = ranges.partitionPoint { $0.upperBound > range.lowerBound }
    return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
      && ranges[index].upperBound >= range.upperBound
  }

  func overlaps(_ range: Range<Int64>) -> Bool {
    guard !range.isEmpty, let start = firstCovered(from: range.lowerBound) else { return false }
    return start < range.upperBound
  }

  /// Cuts a range into the pieces that are in the set and those that are not, in order.
  func covered(in range: Range<Int64>) -> [Piece] {
    var pieces: [Piece] = []
    var offset = range.lowerBound
    var index = ranges.partitionPoint { $0.upperBound > range.lowerBound }
    while offset < range.upperBound {
      guard index < ranges.count, ranges[index].lowerBound < range.upperBound else {
        pieces.append(.gap(offset..<range.upperBound))
        break
      }
      if ranges[index].lowerBound > offset { pieces.append(.gap(offset..<ranges[index].lowerBound)) }
      let held = ranges[index].clamped(to: range)
      pieces.append(.covered(held))
      offset = held.upperBound
      index += 1
    }
    return pieces
  }

  /// Returns the parts of a range that are not in the set, in order.
  func gaps(in range: Range<Int64>) -> [Range<Int64>] {
    covered(in: range).compactMap { if case .gap(let gap) = $0 { gap } else { nil } }
  }

  /// Returns the first offset in the set at or after another (SEEK_DATA of lseek(2)); nil when there is none.
  func firstCovered(from offset: Int64) -> Int64? {
    let index = ranges.partitionPoint { $0.upperBound > offset }
    return index < ranges.count ? max(offset, ranges[index].lowerBound) : nil
  }

  /// Returns the first offset not in the set at or after another (SEEK_HOLE of lseek(2), which also counts a file's end
  /// as one).
  func firstGap(from offset: Int64) -> Int64 {
    let index = ranges.partitionPoint { $0.upperBound > offset }
    return index < ranges.count && ranges[index].lowerBound <= offset ? ranges[index].upperBound : offset
  }
}

import S3

extension Comparison {
  /// The objects of a key on both sides.
  struct Pair: Sendable {
    let bucket: String
    let key: ObjectKey
    let expected: Item?
    let actual: Item?
    var rule: Rule?

    /// Whether both sides have the object in the same size: then an ETag decides.
    var hasOneSize: Bool {
      guard let expected, let actual else { return false }
      return expected.size == actual.size
    }
  }
}

/// Merges the objects of two states by their keys. Each pass creates the pairs again: for 100,000 objects they would
/// take more memory than the states.
struct Pairs: Sequence, Sendable {
  private let expected: State
  private let actual: State
  private let buckets: [String]
  private let allowsExtra: Bool
  /// What is left out.
  private let equal: EqualObjects
  private let rule: @Sendable (String, ObjectKey) -> Rule?

  init(
    of expected: State, _ actual: State, in buckets: [String], allowsExtra: Bool, except equal: EqualObjects,
    rule: @escaping @Sendable (String, ObjectKey) -> Rule?
  ) {
    self.expected = expected
    self.actual = actual
    self.buckets = buckets
    self.allowsExtra = allowsExtra
    self.equal = equal
    self.rule = rule
  }

  func makeIterator() -> Iterator { Iterator(self) }

  struct Iterator: IteratorProtocol {
    private let pairs: Pairs
    private var position = 0
    private var bucket = ""
    // By positions: a slice would copy each object, even one that is left out.
    private var left: [Item] = []
    private var right: [Item] = []
    private var equal: [Bool] = []
    private var nextLeft = 0
    private var nextRight = 0

    init(_ pairs: Pairs) { self.pairs = pairs }

    mutating func next() -> Comparison.Pair? {
      while true {
        while nextLeft == left.count, nextRight == right.count {
          guard position < pairs.buckets.count else { return nil }
          bucket = pairs.buckets[position]
          left = pairs.expected.buckets[bucket]?.items ?? []
          right = pairs.actual.buckets[bucket]?.items ?? []
          equal = pairs.equal[bucket]
          (nextLeft, nextRight) = (0, 0)
          position += 1
        }
        let (atLeft, atRight) = merge()
        if let atRight, atRight < equal.count, equal[atRight] { continue }
        if atLeft == nil, pairs.allowsExtra { continue }
        let expected = atLeft.map { left[$0] }
        let actual = atRight.map { right[$0] }
        guard let key = expected?.key ?? actual?.key else { continue }
        return Comparison.Pair(
          bucket: bucket, key: key, expected: expected, actual: actual, rule: pairs.rule(bucket, key))
      }
    }

    /// Returns the positions of the next key's objects.
    private mutating func merge() -> (Int?, Int?) {
      let hasLeft = nextLeft < left.count
      let hasRight = nextRight < right.count
      let isLeftFirst = hasLeft && (!hasRight || left[nextLeft].key < right[nextRight].key)
      let isRightFirst = hasRight && (!hasLeft || right[nextRight].key < left[nextLeft].key)
      let found = (isRightFirst ? nil : nextLeft, isLeftFirst ? nil : nextRight)
      if !isRightFirst { nextLeft += 1 }
      if !isLeftFirst { nextRight += 1 }
      return found
    }
  }
}

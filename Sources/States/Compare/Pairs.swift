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
  private let rule: @Sendable (String, ObjectKey) -> Rule?

  init(
    of expected: State, _ actual: State, in buckets: [String], allowsExtra: Bool,
    rule: @escaping @Sendable (String, ObjectKey) -> Rule?
  ) {
    self.expected = expected
    self.actual = actual
    self.buckets = buckets
    self.allowsExtra = allowsExtra
    self.rule = rule
  }

  func makeIterator() -> Iterator { Iterator(self) }

  struct Iterator: IteratorProtocol {
    private let pairs: Pairs
    private var position = 0
    private var bucket = ""
    private var left: ArraySlice<Item> = []
    private var right: ArraySlice<Item> = []

    init(_ pairs: Pairs) { self.pairs = pairs }

    mutating func next() -> Comparison.Pair? {
      while true {
        while left.isEmpty, right.isEmpty {
          guard position < pairs.buckets.count else { return nil }
          bucket = pairs.buckets[position]
          left = pairs.expected.buckets[bucket]?.items[...] ?? []
          right = pairs.actual.buckets[bucket]?.items[...] ?? []
          position += 1
        }
        let (expected, actual) = merge()
        guard let key = expected?.key ?? actual?.key, expected != nil || !pairs.allowsExtra else { continue }
        return Comparison.Pair(
          bucket: bucket, key: key, expected: expected, actual: actual, rule: pairs.rule(bucket, key))
      }
    }

    private mutating func merge() -> (Item?, Item?) {
      guard let first = left.first else { return (nil, right.popFirst()) }
      guard let second = right.first else { return (left.popFirst(), nil) }
      if first.key < second.key { return (left.popFirst(), nil) }
      if second.key < first.key { return (nil, right.popFirst()) }
      return (left.popFirst(), right.popFirst())
    }
  }
}

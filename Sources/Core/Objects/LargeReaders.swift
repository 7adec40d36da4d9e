import Synchronization

/// How many read large objects now: they share what may be fetched ahead.
final class LargeReaders: Sendable {
  /// Who reads no more than so many bytes does not count.
  static let least = 1 << 20

  private let readers = Atomic(0)

  var count: Int { readers.load(ordering: .relaxed) }
  func enter() { readers.add(1, ordering: .relaxed) }
  func leave() { readers.subtract(1, ordering: .relaxed) }
}

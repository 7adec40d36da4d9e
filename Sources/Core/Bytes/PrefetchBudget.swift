import Synchronization

/// The readers of long sequential ranges, of both front ends, which share the memory for readahead.
///
/// All have the same limit: among readers that take turns, one that fetched further would have its bytes evicted by the
/// others' before it reads them.
final class PrefetchBudget: Sendable {
  /// Readers that read or fetch ahead fewer bytes than this do not count, and every reader may fetch this much ahead.
  static let least: Int64 = 1 << 20

  /// In bytes, for all readers together.
  private let memory: Int64
  private let reading = Mutex(Set<ObjectIdentifier>())

  init(memory: Int64) { self.memory = memory }

  var count: Int { reading.withLock { $0.count } }

  /// Registers a reader. Returns how many bytes each reader may fetch ahead now.
  func share(of reader: AnyObject, readsMuch: Bool) -> Int64 {
    let id = ObjectIdentifier(reader)
    let count = reading.withLock { reading in
      if readsMuch { reading.insert(id) } else { reading.remove(id) }
      return reading.count
    }
    return max(Self.least, memory / Int64(max(1, count)))
  }

  /// Removes a reader that has ended.
  func leave(_ reader: ObjectIdentifier) { reading.withLock { _ = $0.remove(reader) } }
}

import Synchronization

/// Who reads much in order now, through either front: they share the memory for what is fetched ahead.
///
/// All may fetch as far ahead: of readers that take turns, one that fetched further would have its bytes pushed out by the
/// others' before it comes to them.
final class ParallelReaders: Sendable {
  /// Who reads or fetches ahead fewer bytes does not count, and everybody may fetch as much ahead.
  static let least: Int64 = 1 << 20

  /// In bytes, of all together.
  private let memory: Int64
  private let reading = Mutex(Set<ObjectIdentifier>())

  init(memory: Int64) { self.memory = memory }

  var count: Int { reading.withLock { $0.count } }

  /// Takes note of a reader. Returns what each may fetch ahead now, in bytes.
  func share(of reader: AnyObject, readsMuch: Bool) -> Int64 {
    let id = ObjectIdentifier(reader)
    let count = reading.withLock { reading in
      if readsMuch { reading.insert(id) } else { reading.remove(id) }
      return reading.count
    }
    return max(Self.least, memory / Int64(max(1, count)))
  }

  /// The reader is no more.
  func leave(_ reader: ObjectIdentifier) { reading.withLock { _ = $0.remove(reader) } }
}

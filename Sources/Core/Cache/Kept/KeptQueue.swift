/// Blocks that came from S3 and are not on disk yet. Pure.
///
/// While a block is also in memory it takes no room here. Those that pass through memory are few at most: who fetches
/// faster than the disk writes keeps a part.
struct KeptQueue: Sendable {
  typealias Block = ContentCache.Block

  struct Entry: Sendable {
    let object: KeptObject
    let block: Block
  }

  /// In bytes, of blocks that pass through memory.
  static let mostPassing = 16 << 20
  /// So many of them are worth waking who writes.
  static let muchPassing = 2 << 20
  static let mostWaiting = 1 << 13

  private struct Place: Hashable {
    var id: UInt64
    var index: Int64
  }

  private var waiting: LRUCache<Place, Entry> = LRUCache(capacity: Self.mostWaiting)
  private var passing: [Entry] = []
  private var passingBytes = 0

  var isEmpty: Bool { waiting.count == 0 && passing.isEmpty }

  /// Whether so many more that pass through memory make it much, which they were not before.
  func isPassingMuch(after count: Int) -> Bool {
    passingBytes < Self.muchPassing && passingBytes + count >= Self.muchPassing
  }

  /// A block is in memory, under the number that its version has there. With `isPassing` memory will let it go soon.
  mutating func add(_ block: Block, of object: KeptObject, id: UInt64, isPassing: Bool) {
    let entry = Entry(object: object, block: block)
    if isPassing, passingBytes + block.bytes.count <= Self.mostPassing {
      passing.append(entry)
      passingBytes += block.bytes.count
    } else {
      waiting.set(Place(id: id, index: block.offset / ContentCache.blockSize), entry)
    }
  }

  /// Memory has let a block go: it waits no more.
  mutating func evicted(_ index: Int64, of id: UInt64) { waiting.remove(Place(id: id, index: index)) }

  /// All those that pass through memory, if they are many.
  mutating func takePassing(ifMuch: Bool) -> [Entry] {
    if ifMuch && passingBytes < Self.muchPassing { return [] }
    defer { (passing, passingBytes) = ([], 0) }
    return passing
  }

  /// The next: all that pass through memory, else `count` of those that have waited longest in it.
  mutating func take(_ count: Int) -> [Entry] {
    passing.isEmpty ? (0..<count).compactMap { _ in waiting.removeOldest() } : takePassing(ifMuch: false)
  }
}

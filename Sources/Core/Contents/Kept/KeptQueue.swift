/// Blocks that came from S3 and are not on disk yet. Pure.
///
/// While a block is also in memory it takes no room here. Few at most are held that memory has let go: who fetches faster
/// than the disk writes keeps a part.
struct KeptQueue: Sendable {
  typealias Block = ContentCache.Block

  struct Entry: Sendable {
    let object: KeptObject
    let block: Block
    fileprivate let place: Place
  }

  /// A block, by the number that its version has in memory.
  fileprivate struct Place: Hashable {
    var id: UInt64
    var index: Int64
  }

  /// In bytes, of blocks that memory has let go.
  static let mostAlone = 16 << 20
  /// So many bytes that pass through memory are worth waking who writes.
  static let muchPassing = 2 << 20
  static let mostWaiting = 1 << 13

  private var waiting: LRUCache<Place, Entry> = LRUCache(capacity: Self.mostWaiting)
  private var passing: LRUCache<Place, Entry> = LRUCache(capacity: .max)
  /// Of those that pass, what memory has let go.
  private var alone: Set<Place> = []
  private var aloneBytes = 0
  /// What is being written: who writes asks for the next when it has been.
  private var taken: Set<Place> = []

  var isEmpty: Bool { waiting.count == 0 && passing.count == 0 }
  /// Of what passes through memory.
  var passingBytes: Int { passing.cost }

  /// Whether so many more that pass through memory make it much, which they were not before.
  func isPassingMuch(after count: Int) -> Bool {
    passingBytes < Self.muchPassing && passingBytes + count >= Self.muchPassing
  }

  /// A block is in memory, under the number that its version has there. With `isPassing` memory will let it go soon.
  mutating func add(_ block: Block, of object: KeptObject, id: UInt64, isPassing: Bool) {
    let place = Place(id: id, index: block.offset / ContentCache.blockSize)
    let entry = Entry(object: object, block: block, place: place)
    if isPassing {
      leave(place, block)
      passing.set(place, entry, cost: block.bytes.count)
    } else {
      waiting.set(place, entry)
    }
  }

  /// Memory has let a block go: it waits no more, unless it was on its way.
  mutating func evicted(_ index: Int64, of id: UInt64) {
    let place = Place(id: id, index: index)
    waiting.remove(place)
    guard let count = passing.peek(place)?.block.bytes.count, !alone.contains(place) else { return }
    if aloneBytes + count <= Self.mostAlone {
      alone.insert(place)
      aloneBytes += count
    } else {
      passing.remove(place)
    }
  }

  /// The next `count` of those that pass through memory, if they are many.
  mutating func takePassing(_ count: Int, ifMuch: Bool) -> [Entry] {
    taken = []
    if ifMuch && passingBytes < Self.muchPassing { return [] }
    return (0..<count).compactMap { _ in
      guard let entry = passing.removeOldest() else { return nil }
      leave(entry.place, entry.block)
      taken.insert(entry.place)
      return entry
    }
  }

  /// The next `count`: those that pass through memory, else those that have waited longest in it.
  mutating func take(_ count: Int) -> [Entry] {
    let entries = takePassing(count, ifMuch: false)
    return entries.isEmpty ? (0..<count).compactMap { _ in waiting.removeOldest() } : entries
  }

  /// Whether a block that passes through memory will be on disk soon.
  func isOnItsWay(_ index: Int64, of id: UInt64) -> Bool {
    let place = Place(id: id, index: index)
    return taken.contains(place) || passing.peek(place) != nil
  }

  /// A block is not held alone any more.
  private mutating func leave(_ place: Place, _ block: Block) {
    if alone.remove(place) != nil { aloneBytes -= block.bytes.count }
  }
}

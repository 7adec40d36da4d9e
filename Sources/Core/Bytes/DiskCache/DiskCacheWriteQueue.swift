/// Blocks that came from S3 and are not on disk yet. Pure.
///
/// A block that is also in memory takes no room here. Only few are held that memory has evicted: where fetching is
/// faster than the disk, only a part is cached.
struct DiskCacheWriteQueue: Sendable {
  typealias Block = ContentCache.Block

  struct Entry: Sendable {
    let object: DiskCacheObject
    let block: Block
    fileprivate let place: Place
  }

  /// A block, by the number that its version has in memory.
  fileprivate struct Place: Hashable {
    var id: UInt64
    var index: Int64
  }

  /// The limit of blocks that memory has evicted, in bytes.
  static let mostAlone = 16 << 20
  /// When this many bytes pass through memory, the writer is woken.
  static let muchPassing = 2 << 20
  static let mostWaiting = 1 << 13

  private var waiting: LRUCache<Place, Entry> = LRUCache(capacity: Self.mostWaiting)
  private var passing: LRUCache<Place, Entry> = LRUCache(capacity: .max)
  /// The passing blocks that memory has evicted.
  private var alone: Set<Place> = []
  private var aloneBytes = 0
  /// Blocks that are being written: the writer takes the next ones when these are done.
  private var taken: Set<Place> = []

  var isEmpty: Bool { waiting.count == 0 && passing.count == 0 }
  /// The bytes of the blocks that pass through memory.
  var passingBytes: Int { passing.cost }

  /// Returns whether `count` more passing bytes reach the threshold that was not reached before.
  func isPassingMuch(after count: Int) -> Bool {
    passingBytes < Self.muchPassing && passingBytes + count >= Self.muchPassing
  }

  /// Adds a block that is in memory, under the number that its version has there. With `isPassing` memory will evict it
  /// soon.
  mutating func add(_ block: Block, of object: DiskCacheObject, id: UInt64, isPassing: Bool) {
    let place = Place(id: id, index: block.offset / ContentCache.blockSize)
    let entry = Entry(object: object, block: block, place: place)
    if isPassing {
      leave(place, block)
      passing.set(place, entry, cost: block.bytes.count)
    } else {
      waiting.set(place, entry)
    }
  }

  /// Removes a block that memory has evicted; a passing one stays while `mostAlone` permits.
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

  /// Takes the next `count` of the passing blocks, if they are many.
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

  /// Takes the next `count`: those that pass through memory, else those that have waited longest in it.
  mutating func take(_ count: Int) -> [Entry] {
    let entries = takePassing(count, ifMuch: false)
    return entries.isEmpty ? (0..<count).compactMap { _ in waiting.removeOldest() } : entries
  }

  /// Returns whether a block that passes through memory will be on disk soon.
  func isOnItsWay(_ index: Int64, of id: UInt64) -> Bool {
    let place = Place(id: id, index: index)
    return taken.contains(place) || passing.peek(place) != nil
  }

  /// Releases a block that was held here alone.
  private mutating func leave(_ place: Place, _ block: Block) {
    if alone.remove(place) != nil { aloneBytes -= block.bytes.count }
  }
}

import S3
import Synchronization

/// The bytes of object versions, in blocks, in memory, up to a fixed total; behind it `DiskCache` on disk.
///
/// A version of bytes is a key and an ETag: what is cached of it can never be stale, only unused.
final class ContentCache: Sendable {
  static let blockSize: Int64 = 128 << 10
  /// How many bytes the GET at open requests when nothing of the file is cached.
  static let firstFetch: Int64 = 256 << 10

  struct Version: Hashable, Sendable {
    var reference: ObjectReference
    var etag: ETag
  }

  /// Returns the indices of the blocks that cover a non-empty range.
  static func blocks(of range: Range<Int64>) -> ClosedRange<Int64> {
    range.lowerBound / blockSize...(range.upperBound - 1) / blockSize
  }

  /// A run of bytes within one block: `offset` is where in the object they begin.
  struct Block: Sendable {
    var offset: Int64
    var bytes: [UInt8]

    var range: Range<Int64> { offset..<offset + Int64(bytes.count) }

    /// Returns the bytes of a range that the block covers.
    func slice(_ wanted: Range<Int64>) -> ArraySlice<UInt8> {
      bytes[Int(wanted.lowerBound - offset)..<Int(wanted.upperBound - offset)]
    }
  }

  private struct BlockID: Hashable {
    var version: UInt64
    var index: Int64
  }

  private struct State {
    var ids: LRUCache<Version, UInt64>
    var nextID: UInt64 = 1
    var blocks: LRUCache<BlockID, Block>
    var readers: [Version: WeakReader] = [:]
  }

  private struct WeakReader { weak var reader: VersionReader? }

  let capacity: Int
  let kept: DiskCache?
  private let names: ByteBudget
  let use = CacheCounter()
  private let state: Mutex<State>

  /// - Parameters:
  ///   - capacity: in bytes, for blocks and for names together.
  ///   - names: the budget of names within that capacity. At least a sixth is left for blocks.
  ///   - kept: the disk cache, which outlives the process.
  init(capacity: Int, names: ByteBudget = ByteBudget(limit: 0), kept: DiskCache? = nil) {
    self.capacity = capacity
    self.kept = kept
    self.names = names
    state = Mutex(State(ids: LRUCache(capacity: capacity / 16), blocks: LRUCache(capacity: capacity)))
  }

  var heldBytes: Int { state.withLock { $0.blocks.cost } }

  /// How many bytes of blocks may be cached now.
  private var room: Int { max(capacity - capacity / 16 - Int(names.used), capacity / 6) }

  /// Evicts blocks where names have taken some of the memory.
  func makeRoom() {
    let room = room
    let evicted = state.withLock { $0.blocks.setCapacity(room) }
    tell(evicted)
  }

  /// Returns the only reader of a version, made by `make` if there is none.
  func reader(of version: Version, make: (_ id: UInt64) -> VersionReader) -> VersionReader {
    state.withLock { state in
      if let reader = state.readers[version]?.reader { return reader }
      if state.readers.count > 256 { state.readers = state.readers.filter { $0.value.reader != nil } }
      let reader = make(Self.id(of: version, in: &state))
      state.readers[version] = WeakReader(reader: reader)
      return reader
    }
  }

  /// Returns a block that is in memory.
  /// - Parameter uses: whether this use delays its eviction. Blocks that are read once, in order, need no delay: they
  ///   would evict blocks that others have fetched ahead and not read yet.
  func block(_ index: Int64, of id: UInt64, uses: Bool) -> Block? {
    let block = BlockID(version: id, index: index)
    return state.withLock { uses ? $0.blocks.get(block) : $0.blocks.peek(block) }
  }

  func insert(_ block: Block, of id: UInt64) {
    let index = block.offset / Self.blockSize
    let room = room
    let evicted = state.withLock { state in
      state.blocks.setCapacity(room)
        + state.blocks.set(BlockID(version: id, index: index), block, cost: block.bytes.count + Self.bytesPerBlock)
    }
    tell(evicted)
  }

  /// Same, for a block that came from S3: it is also written to disk.
  func insert(_ block: Block, of object: DiskCacheObject, id: UInt64) {
    kept?.fetched(block, of: object, id: id, isPassing: object.size > capacity / 2)
    insert(block, of: id)
  }

  private func tell(_ evicted: [LRUCache<BlockID, Block>.Evicted]) {
    guard let kept, !evicted.isEmpty else { return }
    kept.evicted(evicted.map { ($0.key.index, $0.key.version) })
  }

  /// Returns whether the first byte of a version is in memory or on disk, so that it need not be fetched with a check.
  func holdsStart(of version: Version) -> Bool {
    let isInMemory = state.withLock { state in
      guard let id = state.ids.get(version) else { return false }
      return state.blocks.get(BlockID(version: id, index: 0))?.offset == 0
    }
    return isInMemory || mayKeep(version.reference)
  }

  /// Returns whether something of an object may be on disk, of any version.
  func mayKeep(_ reference: ObjectReference) -> Bool { kept?.mayHold(reference) ?? false }

  /// Caches the first bytes of a version; with its `size` if they came from S3.
  func insert(_ bytes: [UInt8], atStartOf version: Version, size: Int64? = nil) {
    let id = state.withLock { Self.id(of: version, in: &$0) }
    var offset: Int64 = 0
    while offset < bytes.count {
      let end = min(offset + Self.blockSize, Int64(bytes.count))
      let block = Block(offset: offset, bytes: Array(bytes[Int(offset)..<Int(end)]))
      if let size {
        insert(block, of: DiskCacheObject(version: version, size: size), id: id)
      } else {
        insert(block, of: id)
      }
      offset = end
    }
  }

  /// Makes the same bytes known under another name too (after a rename or a copy by the server).
  func alias(_ version: Version, as other: Version) {
    state.withLock { state in
      guard let id = state.ids.get(version) else { return }
      _ = state.ids.set(other, id, cost: Self.cost(of: other))
    }
  }

  private static func id(of version: Version, in state: inout State) -> UInt64 {
    if let id = state.ids.get(version) { return id }
    let id = state.nextID
    state.nextID += 1
    _ = state.ids.set(version, id, cost: cost(of: version))
    return id
  }

  /// Overhead beside a block's own bytes: its node and index in the LRU cache, and the array's header.
  private static let bytesPerBlock = 192

  private static func cost(of version: Version) -> Int {
    192 + version.reference.heapBytes + version.etag.value.heapBytes
  }
}

import S3

/// The layout of one version of an object in its file on disk.
///
///     head    identification: magic, the length of the identity, the identity
///     table   16 bytes for each block: its checksum, zeros where the block is not there
///     blocks  from a multiple of 4 KiB on, each at its own place
///
/// The file is sparse: blocks that were not read take no space.
struct DiskCacheFormat: Sendable {
  static let magic = Array("lsmkept1".utf8)
  private static let page: Int64 = 4 << 10

  let object: DiskCacheObject
  /// The file's name.
  let name: DiskCacheName
  let head: [UInt8]
  private let table: Int64
  private let blocks: Int64

  init(_ object: DiskCacheObject) {
    self.object = object
    name = DiskCacheName(object.version.reference)
    var identity: [UInt8] = []
    let reference = object.version.reference
    for text in [reference.bucket, reference.key.string, object.version.etag.value, String(object.size)] {
      identity += Array(text.utf8) + [0]
    }
    head = Self.magic + withUnsafeBytes(of: UInt64(identity.count).littleEndian) { Array($0) } + identity
    let entry = Int64(BlockChecksum.size)
    table = (Int64(head.count) + entry - 1) / entry * entry
    let count = (object.size + ContentCache.blockSize - 1) / ContentCache.blockSize
    blocks = (table + count * entry + Self.page - 1) / Self.page * Self.page
  }

  /// Returns the offset of a block in the file.
  func offset(of index: Int64) -> Int64 { blocks + index * ContentCache.blockSize }

  /// Returns the offset of a block's checksum in the file.
  func checksumOffset(of index: Int64) -> Int64 { table + index * Int64(BlockChecksum.size) }
}

/// A version of an object, and its size.
struct DiskCacheObject: Hashable, Sendable {
  var version: ContentCache.Version
  /// In bytes.
  var size: Int64

  /// Returns how many bytes a whole block has; 0 beyond the end.
  func length(of index: Int64) -> Int {
    Int(max(0, min(ContentCache.blockSize, size - index * ContentCache.blockSize)))
  }

  /// Returns whether a block is complete for its place in the object.
  func isWhole(_ block: ContentCache.Block) -> Bool {
    block.offset % ContentCache.blockSize == 0 && !block.bytes.isEmpty
      && block.bytes.count == length(of: block.offset / ContentCache.blockSize)
  }
}

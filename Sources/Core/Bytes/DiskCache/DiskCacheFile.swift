private import Glibc
import S3
import Synchronization

/// The open file that caches blocks of one version. Several threads and processes may use one file at once: a version's
/// blocks are the same whichever process writes them, and a torn block has a wrong checksum.
final class DiskCacheFile: Sendable {
  let format: DiskCacheFormat
  private let descriptor: Int32
  /// Blocks that this process has written or verified against their checksum: they need no second check.
  private let trusted = Mutex(Set<Int64>())

  private init(format: DiskCacheFormat, descriptor: Int32) {
    self.format = format
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Opens the file of that name, if it is of this version.
  static func open(_ path: String, format: DiskCacheFormat) -> DiskCacheFile? {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    let file = DiskCacheFile(format: format, descriptor: descriptor)
    return file.read(at: 0, count: format.head.count) == format.head ? file : nil
  }

  /// Creates a new file of that name, replacing that of another version; or opens the one that another process has just
  /// created for this version.
  static func create(_ path: String, format: DiskCacheFormat) throws(FileSystemError) -> DiskCacheFile {
    let partial = "\(path).\(String(UInt64.random(in: 0 ... .max), radix: 36)).partial"
    let descriptor = Glibc.open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Disk.failure("create", partial) }
    let file = DiskCacheFile(format: format, descriptor: descriptor)
    do throws(FileSystemError) {
      try file.write(format.head, at: 0)
      if link(partial, path) == 0 {
        unlink(partial)
      } else if let others = open(path, format: format) {
        unlink(partial)
        return others
      } else {
        guard rename(partial, path) == 0 else { throw Disk.failure("rename", partial) }
      }
    } catch {
      unlink(partial)
      throw error
    }
    return file
  }

  /// Updates the file's time of use, by which the least recently used file is found.
  func touch() { futimens(descriptor, nil) }

  /// In bytes on disk.
  var bytes: Int64 {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int64(status.st_blocks) * 512 : 0
  }

  /// Whether the file still has its name: another process may have removed it to make room.
  var isNamed: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink > 0
  }

  /// Returns a whole block; nil if it is missing or damaged.
  func block(_ index: Int64) -> ContentCache.Block? {
    guard let checksum = read(at: format.checksumOffset(of: index), count: BlockChecksum.size),
      checksum.contains(where: { $0 != 0 }),
      let bytes = read(at: format.offset(of: index), count: format.object.length(of: index))
    else { return nil }
    if !trusted.withLock({ $0.contains(index) }) {
      guard checksum == BlockChecksum.of(bytes, at: index) else {
        // The block counts as missing from now on: the one that comes from S3 is written instead.
        try? write([UInt8](repeating: 0, count: BlockChecksum.size), at: format.checksumOffset(of: index))
        return nil
      }
      trust(index)
    }
    return ContentCache.Block(offset: index * ContentCache.blockSize, bytes: bytes)
  }

  /// Returns whether a block is there, unless it is damaged.
  func has(_ index: Int64) -> Bool {
    read(at: format.checksumOffset(of: index), count: BlockChecksum.size)?.contains { $0 != 0 } ?? false
  }

  /// Writes a whole block. The bytes are written before their checksum: a reader that finds the checksum finds the
  /// bytes.
  func write(_ block: ContentCache.Block) throws(FileSystemError) {
    let index = block.offset / ContentCache.blockSize
    try write(block.bytes, at: format.offset(of: index))
    try write(BlockChecksum.of(block.bytes, at: index), at: format.checksumOffset(of: index))
    trust(index)
  }

  /// Returns the blocks of a range that are missing, or not verified yet; at most `most`.
  func untrusted(_ range: Range<Int64>, first most: Int = .max) -> [Int64] {
    let known = trusted.withLock { $0 }
    return Array(ContentCache.blocks(of: range).lazy.filter { !known.contains($0) }.prefix(most))
  }

  /// Duplicates the file's descriptor; nil if the process has none left.
  func duplicateDescriptor() -> Int32? {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    return copy >= 0 ? copy : nil
  }

  private func trust(_ index: Int64) { trusted.withLock { _ = $0.insert(index) } }

  private func write(_ bytes: [UInt8], at offset: Int64) throws(FileSystemError) {
    try Disk.write(bytes.span.bytes, to: descriptor, at: offset, path: "a cached object")
  }

  /// Reads exactly that many bytes; else returns nil.
  private func read(at offset: Int64, count: Int) -> [UInt8]? {
    let bytes = try? Disk.read(descriptor, at: offset, count: count, path: "a cached object")
    return bytes?.count == count ? bytes : nil
  }
}

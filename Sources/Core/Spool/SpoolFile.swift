private import Glibc
import Synchronization

/// A sparse file on local disk that holds unsaved bytes at the offsets that they have in the object.
///
/// It may have a record beside it (see `SpoolRecord`): then the bytes outlive the process. Positional reads and
/// writes only, so that several threads may use it at once; the owner coordinates writes.
final class SpoolFile: Sendable {
  let path: String
  let descriptor: Int32
  private let share: BudgetShare?
  /// Its share of the descriptors.
  private let place: BudgetShare?
  /// Frees dispensable data on the same disk. Returns false if there is none.
  private let relief: (@Sendable () -> Bool)?
  private let isRecorded = Atomic<Bool>(false)

  /// Creates the file, readable by its owner only. Throws noSpace or ioFailure.
  init(
    path: String, budget: ByteBudget, place: BudgetShare? = nil, relief: (@Sendable () -> Bool)? = nil
  ) throws(FileSystemError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Disk.failure("create", path) }
    self.path = path
    self.descriptor = descriptor
    share = BudgetShare(of: budget)
    self.place = place
    self.relief = relief
  }

  /// Opens a file that a process left behind, with its record. Throws ioFailure.
  init(existing path: String) throws(FileSystemError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { throw Disk.failure("open", path) }
    self.path = path
    self.descriptor = descriptor
    share = nil
    place = nil
    relief = nil
    isRecorded.store(true, ordering: .relaxed)
  }

  /// Removes bytes that no record names: they are not needed any more.
  deinit {
    close(descriptor)
    if !hasRecord { unlink(path) }
  }

  /// Reserves the bytes that the file is going to hold. Throws noSpace when the spool's limit is reached, or the disk
  /// is nearly full: before a write fails half-way, and while there is room for the records of what is unsaved.
  func reserve(_ count: Int64) throws(FileSystemError) {
    guard let share, count != share.count else { return }
    let before = share.count
    guard share.resize(to: count) else {
      throw FileSystemError(.noSpace, "unsaved bytes fill the spool up to its cap: close files, or raise --cache-size")
    }
    guard count / Self.checkInterval > before / Self.checkInterval, isDiskFull else { return }
    if relief?() == true, !isDiskFull { return }
    _ = share.resize(to: before)
    throw FileSystemError(.noSpace, "the disk of \(path) is nearly full: free some, or choose another --cache-dir")
  }

  private var isDiskFull: Bool { Disk.freeBytes(at: path).map { $0 < Self.leftFree } ?? false }

  /// The space on the disk that is left to others, and for records.
  private static let leftFree: Int64 = 64 << 20
  /// How often the free space is checked, in bytes written.
  private static let checkInterval: Int64 = 4 << 20

  func write(_ bytes: RawSpan, at offset: Int64) throws(FileSystemError) {
    try Disk.write(bytes, to: descriptor, at: offset, path: path)
  }

  /// Reads bytes; those never written are zero.
  func read(at offset: Int64, count: Int) throws(FileSystemError) -> [UInt8] {
    var bytes = try Disk.read(descriptor, at: offset, count: count, path: path)
    if bytes.count < count { bytes.append(contentsOf: repeatElement(0, count: count - bytes.count)) }
    return bytes
  }

  /// Returns the space at and above `size` to the disk.
  func truncate(to size: Int64) { ftruncate(descriptor, off_t(size)) }

  // MARK: The record

  var recordPath: String { path + SpoolRecord.suffix }
  var hasRecord: Bool { isRecorded.load(ordering: .relaxed) }

  /// Writes or replaces the record: from now on the bytes can be recovered when the process is gone; with `durably`
  /// also after a failure of the machine. Blocks: not on a cooperative thread when durable.
  func record(_ bytes: [UInt8], durably: Bool) throws(FileSystemError) {
    if durably, fdatasync(descriptor) != 0 { throw Disk.failure("write", path) }
    try Disk.write(bytes, to: recordPath, durably: durably)
    isRecorded.store(true, ordering: .relaxed)
  }

  /// Removes the record after the bytes have reached S3.
  func removeRecord() {
    guard isRecorded.exchange(false, ordering: .relaxed) else { return }
    unlink(recordPath)
  }

  /// Removes the file and its record. The record is removed first: there is never a record without its bytes.
  func remove() {
    removeRecord()
    unlink(path)
    _ = share?.resize(to: 0)
  }
}

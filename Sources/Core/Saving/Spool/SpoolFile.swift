private import Glibc
import Synchronization

/// A sparse file on local disk that holds unsaved bytes at the offsets they have in the object.
///
/// Beside it may stand its record (see `UnsavedRecord`): then the bytes outlive the process. Positional reads and
/// writes only, so several threads may use it at once; who may write where is the owner's affair.
final class SpoolFile: Sendable {
  let path: String
  let descriptor: Int32
  private let share: BudgetShare?
  /// Among the descriptors.
  private let place: BudgetShare?
  /// Frees what can be done without on the same disk. False if there is nothing.
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

  /// Opens one that a process left behind, with its record. Throws ioFailure.
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

  /// Bytes that no record names are of no use to anybody any more.
  deinit {
    close(descriptor)
    if !hasRecord { unlink(path) }
  }

  /// Counts the bytes that the file is going to hold. Throws noSpace when the spool's cap is reached, or the disk is
  /// nearly full: before a write fails half-way, and while there is room for the records of what is unsaved.
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

  /// So much of the disk is left to others, and for records.
  private static let leftFree: Int64 = 64 << 20
  /// How often the disk is looked at, in bytes written.
  private static let checkInterval: Int64 = 4 << 20

  func write(_ bytes: RawSpan, at offset: Int64) throws(FileSystemError) {
    try Disk.write(bytes, to: descriptor, at: offset, path: path)
  }

  /// Bytes never written read as zero.
  func read(at offset: Int64, count: Int) throws(FileSystemError) -> [UInt8] {
    var bytes = try Disk.read(descriptor, at: offset, count: count, path: path)
    if bytes.count < count { bytes.append(contentsOf: repeatElement(0, count: count - bytes.count)) }
    return bytes
  }

  /// Gives the disk back what is at and above `size`.
  func truncate(to size: Int64) { ftruncate(descriptor, off_t(size)) }

  // MARK: The record

  var recordPath: String { path + UnsavedRecord.suffix }
  var hasRecord: Bool { isRecorded.load(ordering: .relaxed) }

  /// Writes or replaces the record: from now on the bytes can be recovered when the process is gone; with `durably`
  /// also when the machine was. Blocks: not on a cooperative thread when durable.
  func record(_ bytes: [UInt8], durably: Bool) throws(FileSystemError) {
    if durably, fdatasync(descriptor) != 0 { throw Disk.failure("write", path) }
    try Disk.write(bytes, to: recordPath, durably: durably)
    isRecorded.store(true, ordering: .relaxed)
  }

  /// The bytes are in S3.
  func removeRecord() {
    guard isRecorded.exchange(false, ordering: .relaxed) else { return }
    unlink(recordPath)
  }

  /// The record goes first: a record never stands without its bytes.
  func remove() {
    removeRecord()
    unlink(path)
    _ = share?.resize(to: 0)
  }
}

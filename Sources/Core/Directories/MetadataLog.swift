import Dispatch
import FoundationEssentials
private import Glibc
import S3
import Synchronization

/// The remembered headers on disk, so that listings show modes, owners and times also after a remount.
///
/// A file of JSON lines, one per version learnt, appended as they come. When it is full it becomes the old file,
/// replacing the one before, and a new one begins: both together are bounded. Lines are only used where key, ETag and
/// LastModified match a listing, so that an old or a torn line does no harm. Several processes may append to the same
/// file: whole lines are written with one write(2), and a process that finds that another has begun a new file
/// continues in that.
final class MetadataLog: Sendable {
  struct Entry: Codable, Sendable {
    var bucket: String
    var key: String
    /// Whether the head's LastModified comes from S3.
    var isListed: Bool
    var head: ObjectHead

    var reference: ObjectReference { ObjectReference(bucket: bucket, key: ObjectKey(key)) }
  }

  static let usualCapacity = 16 << 20
  /// The limit of a line. S3's headers are at most 8 KB, and a key 1 KB: a longer line was not written by this program.
  private static let longestLine = 64 << 10
  /// The delay before entries are written: many at once cost little more than a single one.
  private static let pause = DispatchTimeInterval.milliseconds(20)

  private let path: String
  private let mostBytes: Int
  private let descriptor: Mutex<Int32>
  /// Entries that are not written yet: no caller waits for them.
  private let unwritten = Mutex<[Entry]>([])
  private let queue = DispatchQueue(label: "core.metadata-log", qos: .utility)

  private var oldPath: String { path + ".old" }

  /// - Parameter capacity: of both files together, in bytes.
  /// Nil if the file cannot be opened: then nothing is remembered on disk.
  init?(path: String, capacity: Int = usualCapacity) {
    guard let descriptor = Self.open(path) else { return nil }
    self.path = path
    self.descriptor = Mutex(descriptor)
    mostBytes = capacity / 2
  }

  deinit { descriptor.withLock { _ = close($0) } }

  private static func open(_ path: String) -> Int32? {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    return descriptor >= 0 ? descriptor : nil
  }

  /// Appends a version, without blocking the caller. Objects without metadata headers have nothing worth remembering.
  func append(_ entry: Entry) {
    guard !entry.head.properties.userMetadata.isEmpty else { return }
    let isFirst = unwritten.withLock { entries in
      defer { entries.append(entry) }
      return entries.isEmpty
    }
    if isFirst { queue.asyncAfter(deadline: .now() + Self.pause) { [self] in write() } }
  }

  /// Returns when all appended entries are in the file.
  func written() async {
    await withCheckedContinuation { continuation in
      queue.async { [self] in
        write()
        continuation.resume()
      }
    }
  }

  private func write() {
    let entries = unwritten.withLock { entries in
      defer { entries = [] }
      return entries
    }
    guard !entries.isEmpty else { return }
    let lines = JSONLines.encode(contentsOf: entries)
    descriptor.withLock { descriptor in
      if let fresh = next(after: descriptor, for: lines.count) {
        close(descriptor)
        descriptor = fresh
      }
      _ = lines.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
  }

  /// Returns the file to continue with, if the open one is full, or is not the newest any more.
  private func next(after descriptor: Int32, for count: Int) -> Int32? {
    var mine = stat()
    guard fstat(descriptor, &mine) == 0, Int(mine.st_size) + count > mostBytes else { return nil }
    var newest = stat()
    if stat(path, &newest) == 0, newest.st_ino == mine.st_ino { rename(path, oldPath) }
    return Self.open(path)
  }

  /// Visits all entries, older entries of an object before newer ones. Cost: reads the files; not for a cooperative
  /// thread.
  func read(_ visit: (Entry) -> Void) {
    let decoder = JSONDecoder()
    for file in [oldPath, path] {
      Self.readLines(of: file) { line in
        if let entry = try? decoder.decode(Entry.self, from: line) { visit(entry) }
      }
    }
  }

  private static func readLines(of path: String, _ visit: (Data) -> Void) {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var rest = Data()
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      rest.append(contentsOf: chunk[..<count])
      let lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for line in lines.dropLast() where !line.isEmpty { visit(line) }
      let last = lines.last ?? Data()
      rest = last.count <= longestLine ? Data(last) : Data()
    }
    if !rest.isEmpty { visit(rest) }
  }
}

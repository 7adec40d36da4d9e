import Dispatch
import FoundationEssentials
private import Glibc
import S3
import Synchronization

/// The remembered headers on disk, so that listings show modes, owners and times also after a remount.
///
/// A file of JSON lines, one per version learnt, appended as they come and rewritten when it is read. What it says is
/// only used where key, ETag and LastModified match a listing, so an old or a torn line does no harm. Several processes
/// may append to the same file: whole lines go with one write(2).
final class MetadataLog: Sendable {
  struct Entry: Codable, Sendable {
    var bucket: String
    var key: String
    /// Whether the head's LastModified is S3's own word.
    var isListed: Bool
    var head: ObjectHead

    var reference: ObjectReference { ObjectReference(bucket: bucket, key: ObjectKey(key)) }
  }

  /// More than this is rewritten when it is read.
  private static let compactionSize = 8 << 20
  private let path: String
  private let descriptor: Mutex<Int32>
  /// What is not written yet: nobody waits for it.
  private let unwritten = Mutex<[Entry]>([])
  private let queue = DispatchQueue(label: "core.metadata-log", qos: .utility)

  /// Nil where the file cannot be opened: then nothing is remembered on disk.
  init?(path: String) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    self.path = path
    self.descriptor = Mutex(descriptor)
  }

  deinit { descriptor.withLock { _ = close($0) } }

  /// Notes a version, without making the caller wait. Objects without metadata headers have nothing worth remembering.
  func append(_ entry: Entry) {
    guard !entry.head.properties.userMetadata.isEmpty else { return }
    let isFirst = unwritten.withLock { entries in
      defer { entries.append(entry) }
      return entries.isEmpty
    }
    if isFirst { queue.async { [self] in write() } }
  }

  /// Returns when all that was noted is in the file.
  func written() async {
    await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
  }

  private func write() {
    let entries = unwritten.withLock { entries in
      defer { entries = [] }
      return entries
    }
    let lines = Self.lines(entries)
    descriptor.withLock { descriptor in
      _ = lines.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
  }

  private static func lines(_ entries: some Collection<Entry>) -> Data {
    let encoder = JSONEncoder()
    var data = Data()
    for entry in entries {
      guard let line = try? encoder.encode(entry) else { continue }
      data.append(line)
      data.append(UInt8(ascii: "\n"))
    }
    return data
  }

  /// Everything noted, the newest of each object last. Cost: reads the file; not for a cooperative thread.
  func read() -> [Entry] {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [] }
    let decoder = JSONDecoder()
    var newest: [ObjectReference: Entry] = [:]
    for line in data.split(separator: UInt8(ascii: "\n")) {
      guard let entry = try? decoder.decode(Entry.self, from: line) else { continue }
      newest[entry.reference] = entry
    }
    if data.count > Self.compactionSize { rewrite(newest.values) }
    return Array(newest.values)
  }

  /// Puts a new file in the old one's place; a process that still appends to the old one loses only what it would add.
  private func rewrite(_ entries: some Collection<Entry>) {
    guard (try? Self.lines(entries).write(to: URL(filePath: path), options: .atomic)) != nil else { return }
    chmod(path, 0o600)
    let fresh = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC)
    guard fresh >= 0 else { return }
    descriptor.withLock { descriptor in
      close(descriptor)
      descriptor = fresh
    }
  }
}

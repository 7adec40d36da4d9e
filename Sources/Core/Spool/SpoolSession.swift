import Basics
import FoundationEssentials
private import Glibc
import Synchronization

/// One process's part of the spool: a directory, locked with flock(2) for as long as the process lives, so that the
/// next one sees whether it is dead, whatever killed it.
///
/// It contains: `session` (the endpoint and the process), `N` (spool files) with `N.record`, `N.rename` (see
/// `RenameIntent`), `N.removals` (see `RemovalRecord`), `uploads` (see `UploadJournal`).
final class SpoolSession: Sendable {
  /// The contents of the file `session`.
  struct Owner: Codable, Hashable, Sendable {
    var endpoint: String
    var process: Int32
    /// In seconds since 1970.
    var started: Int64

    /// The owner of a session whose file `session` is damaged or was never written.
    static let unknown = Owner(endpoint: "", process: 0, started: 0)
  }

  let owner: Owner
  private let directory: LockedDirectory
  private let next = Atomic<UInt64>(1)

  private init(_ directory: LockedDirectory, owner: Owner) {
    self.owner = owner
    self.directory = directory
  }

  var path: String { directory.path }

  /// Creates a new session below `root`. Throws ioFailure, noSpace.
  static func create(below root: String, owner: Owner) throws(FileSystemError) -> SpoolSession {
    try Disk.createDirectory(root)
    guard let directory = LockedDirectory.make("\(owner.process)-", in: root) else {
      throw Disk.failure("create a directory in", root)
    }
    let bytes = (try? JSONEncoder().encode(owner)).map { Array($0) } ?? []
    try Disk.write(bytes, to: directory.path + "/session", durably: true)
    return SpoolSession(directory, owner: owner)
  }

  /// Takes over the session of a dead process; nil while that lives, or if the path is not a session.
  static func adopt(_ path: String) -> SpoolSession? {
    acquirePatiently(path).map { SpoolSession($0, owner: readOwner(path) ?? .unknown) }
  }

  /// Returns whether a process has the session. The lock is held for a moment only: a process that starts at that
  /// moment retries.
  static func isInUse(_ path: String) -> Bool {
    LockedDirectory(path) == nil
  }

  /// Acquires the lock with retries, as another process may be checking whether it is in use.
  private static func acquirePatiently(_ path: String) -> LockedDirectory? {
    for _ in 0..<20 {
      if let directory = LockedDirectory(path) { return directory }
      guard let owner = readOwner(path), kill(owner.process, 0) != 0, errno == ESRCH else { return nil }
      usleep(10_000)
    }
    return nil
  }

  static func readOwner(_ path: String) -> Owner? {
    Disk.read(path + "/session").flatMap { try? JSONDecoder().decode(Owner.self, from: Data($0)) }
  }

  /// Returns a path for a new file.
  func newPath() -> String { "\(path)/\(next.wrappingAdd(1, ordering: .relaxed).oldValue)" }

  func paths(endingIn suffix: String) -> [String] {
    Disk.names(in: path).filter { $0.hasSuffix(suffix) }.map { "\(path)/\($0)" }
  }

  /// Removes what is useless without its process (bytes without a record were never acknowledged), and the directory if
  /// nothing else is in it.
  func removeIfEmpty() {
    let names = Set(Disk.names(in: path))
    for name in names {
      let isBytes = UInt64(name) != nil && !names.contains(name + SpoolRecord.suffix)
      if isBytes || name.hasSuffix(".partial") { Disk.remove("\(path)/\(name)") }
    }
    if UploadJournal.leftOver(in: self).isEmpty { UploadJournal.clear(self) }
    let left = Disk.names(in: path)
    guard left.allSatisfy({ $0 == "session" }) else { return }
    // A directory that could not be read is not empty.
    if !left.isEmpty { Disk.remove(path + "/session") }
    rmdir(path)
  }

  /// Removes the whole session.
  func discard() {
    for name in Disk.names(in: path) { Disk.remove("\(path)/\(name)") }
    rmdir(path)
  }
}

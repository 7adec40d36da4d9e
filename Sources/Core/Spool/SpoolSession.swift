import FoundationEssentials
private import Glibc
import Synchronization

/// One process's part of the spool: a directory, locked with flock(2) for as long as the process lives, so that the
/// next one sees whether it is dead, whatever killed it.
///
/// It contains: `session` (the endpoint and the process), `N` (spool files) with `N.record`, `N.rename` (see
/// `RenameIntent`), `uploads` (see `UploadJournal`).
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

  let path: String
  let owner: Owner
  /// The descriptor of the directory; holds the lock.
  private let lock: Int32
  private let next = Atomic<UInt64>(1)

  private init(path: String, owner: Owner, lock: Int32) {
    self.path = path
    self.owner = owner
    self.lock = lock
  }

  deinit { close(lock) }

  /// Creates a new session below `root`. Throws ioFailure, noSpace.
  static func create(below root: String, owner: Owner) throws(FileSystemError) -> SpoolSession {
    try Disk.createDirectory(root)
    while true {
      let path = "\(root)/\(owner.process)-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
      guard mkdir(path, 0o700) == 0 else { throw Disk.failure("create", path) }
      // Another process may consider the new directory dead and remove it before it is locked.
      guard let lock = acquire(path) else { continue }
      let session = SpoolSession(path: path, owner: owner, lock: lock)
      let bytes = (try? JSONEncoder().encode(owner)).map { Array($0) } ?? []
      try Disk.write(bytes, to: path + "/session", durably: true)
      return session
    }
  }

  /// Takes over the session of a dead process; nil while that lives, or if the path is not a session.
  static func adopt(_ path: String) -> SpoolSession? {
    guard let lock = acquirePatiently(path) else { return nil }
    let owner = readOwner(path) ?? .unknown
    return SpoolSession(path: path, owner: owner, lock: lock)
  }

  /// Returns whether a process has the session. The lock is held for a moment only: a process that starts at that
  /// moment retries.
  static func isInUse(_ path: String) -> Bool {
    guard let lock = acquire(path) else { return true }
    close(lock)
    return false
  }

  /// Acquires the lock with retries, as another process may be checking whether it is in use.
  private static func acquirePatiently(_ path: String) -> Int32? {
    for _ in 0..<20 {
      if let lock = acquire(path) { return lock }
      guard let owner = readOwner(path), kill(owner.process, 0) != 0, errno == ESRCH else { return nil }
      usleep(10_000)
    }
    return nil
  }

  static func readOwner(_ path: String) -> Owner? {
    Disk.read(path + "/session").flatMap { try? JSONDecoder().decode(Owner.self, from: Data($0)) }
  }

  /// Acquires the lock, if it is free and the directory still exists.
  private static func acquire(_ path: String) -> Int32? {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    var locked = stat()
    var named = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &locked) == 0, stat(path, &named) == 0,
      locked.st_ino == named.st_ino, locked.st_uid == getuid()
    else {
      close(descriptor)
      return nil
    }
    return descriptor
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

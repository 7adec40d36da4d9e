private import Glibc

/// A directory that this process has locked with flock(2), so that others see whether its owner is dead, whatever
/// killed it: the kernel releases the lock with the process.
package final class LockedDirectory: Sendable {
  package let path: String
  private let descriptor: Int32

  /// Locks an existing directory of this user's. Returns `nil` if another process has it, or it is gone.
  package init?(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    var (locked, named) = (stat(), stat())
    // The previous owner may have removed it since open(2).
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &locked) == 0, stat(path, &named) == 0,
      locked.st_ino == named.st_ino, locked.st_uid == getuid()
    else {
      close(descriptor)
      return nil
    }
    self.path = path
    self.descriptor = descriptor
  }

  /// Makes a directory with a new name: `prefix` and a random number. Returns `nil` if it cannot be made (see `errno`).
  package static func make(_ prefix: String, in parent: String) -> LockedDirectory? {
    while true {
      let path = "\(parent)/\(prefix)\(String(UInt64.random(in: 0 ... .max), radix: 36))"
      guard mkdir(path, 0o700) == 0 else { return nil }
      // Until it is locked, another process may take the new directory for a dead one's, and remove it.
      if let locked = LockedDirectory(path) { return locked }
    }
  }

  deinit { close(descriptor) }
}

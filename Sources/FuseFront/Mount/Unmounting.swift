internal import Basics
private import Glibc

/// Detaches mounts: by umount2(2) as root, otherwise by fusermount3(1).
enum Unmounting {
  /// Detaches a mount. Returns false if it was not detached: without `lazily` mostly because it is busy.
  static func unmount(_ mountPoint: String, lazily: Bool) -> Bool {
    if geteuid() == 0 {
      return umount2(mountPoint, Int32(UMOUNT_NOFOLLOW) | (lazily ? Int32(MNT_DETACH) : 0)) == 0
    }
    guard let fusermount = FusePrerequisites.fusermount else { return false }
    return run([fusermount, "-q", "-u"] + (lazily ? ["-z"] : []) + ["--", mountPoint]) == 0
  }

  /// Runs a command with its standard streams on /dev/null. Returns its exit status; -1 if it cannot be started.
  private static func run(_ words: [String]) -> Int32 {
    guard case .success(let child) = ChildProcess.spawn(words, redirect: ChildProcess.silence) else { return -1 }
    return ChildProcess.wait(for: child)
  }
}

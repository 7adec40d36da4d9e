private import Glibc

/// Detaching a mount: umount2(2) as root, fusermount3(1) otherwise.
enum Unmounting {
  /// False if it did not come off: with `lazily` false because it is busy, mostly.
  static func unmount(_ mountPoint: String, lazily: Bool) -> Bool {
    if geteuid() == 0 {
      return umount2(mountPoint, Int32(UMOUNT_NOFOLLOW) | (lazily ? Int32(MNT_DETACH) : 0)) == 0
    }
    guard let fusermount = FusePrerequisites.fusermount else { return false }
    return run([fusermount, "-q", "-u"] + (lazily ? ["-z"] : []) + ["--", mountPoint]) == 0
  }

  /// Runs a command with nothing on its standard streams; its exit status, or -1.
  private static func run(_ arguments: [String]) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor: Int32 in 0...2 { posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0) }
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var child = pid_t()
    guard posix_spawn(&child, arguments[0], &actions, nil, &pointers, environ) == 0 else { return -1 }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 { if errno != EINTR { return -1 } }
    // WIFEXITED and WEXITSTATUS (wait(2)).
    return status & 0x7f == 0 ? status >> 8 & 0xff : -1
  }
}

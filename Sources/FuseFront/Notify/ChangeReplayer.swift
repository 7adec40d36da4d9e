private import CFuse3
internal import Core
private import Glibc

/// Replays external changes on the mount by ordinary system calls, so that the kernel emits inotify events. The
/// callbacks answer these calls without changing anything (`ReplayedOperations.swift`).
///
/// Checks that each call reaches this mount and the intended inode: something else may be mounted over it.
struct ChangeReplayer {
  enum Outcome: Equatable {
    case told
    /// According to the kernel's caches the name exists already, or is gone already.
    case nameIsCached
    /// The process's user has no permission: the errno.
    case refused(Int32)
    /// The place cannot be reached any more.
    case unreachable
  }

  let fileSystem: FileSystem
  let stage: ReplayStage
  let mountPath: String
  /// The device number as the kernel encodes it: major << 20 | minor.
  let device: UInt32

  /// Replays changes of one directory, and reports the outcome of each by its index.
  func replay(
    _ changes: [ObjectChange], in directory: ObjectPath, outcome: (Int, Outcome) -> Void
  ) {
    guard let steps = fileSystem.kernelView.steps(to: directory),
      let expected = fileSystem.kernelView.inode(at: directory)
    else {
      for index in changes.indices { outcome(index, .unreachable) }
      return
    }
    var place: Int32 = -1
    defer { if place >= 0 { close(place) } }
    for (index, change) in changes.enumerated() {
      guard let name = fileSystem.kernelView.name(of: change) else {
        outcome(index, .unreachable)
        continue
      }
      stage.scene = ReplayStage.Scene(change: change, directory: directory, steps: steps, name: name)
      defer { stage.scene = nil }
      if place < 0 { place = open(steps, expected) }
      outcome(index, place < 0 ? .unreachable : replay(change, name, in: place))
    }
  }

  private func open(_ steps: [PathStep], _ expected: InodeNumber) -> Int32 {
    let path = ([mountPath] + steps.map(\.name)).joined(separator: "/")
    let place = Glibc.open(path, Self.pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard place >= 0 else { return -1 }
    guard isHere(place, expected) else {
      close(place)
      return -1
    }
    return place
  }

  private func isHere(_ descriptor: Int32, _ expected: InodeNumber? = nil) -> Bool {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return false }
    let number = UInt64(status.st_dev)
    // gnu_dev_major and gnu_dev_minor (makedev(3)), whose macros Swift does not see.
    let major = UInt32(number >> 8 & 0xfff) | UInt32(number >> 32 & 0xffff_f000)
    let minor = UInt32(number & 0xff) | UInt32(number >> 12 & 0xffff_ff00)
    return major << 20 | minor == device && (expected.map { $0.rawValue == UInt64(status.st_ino) } ?? true)
  }

  private func replay(_ change: ObjectChange, _ name: String, in place: Int32) -> Outcome {
    switch change.kind {
    case .created: create(change, name, in: place)
    case .changed: modify(change, name, in: place)
    case .deleted: result(of: unlinkat(place, name, change.path.isDirectory ? AT_REMOVEDIR : 0))
    }
  }

  private func create(_ change: ObjectChange, _ name: String, in place: Int32) -> Outcome {
    if change.path.isDirectory { return result(of: mkdirat(place, name, 0o755)) }
    switch fileSystem.kernelView.rememberedKind(of: change) {
    case .file:
      let file = openat(place, name, O_CREAT | O_EXCL | Self.toWrite, 0o644)
      guard file >= 0 else { return result(of: file) }
      defer { close(file) }
      return change.size ?? 0 > 0 ? touch(file) : .told
    // Any target will do: the kernel does not remember it.
    case .symbolicLink: return result(of: symlinkat("?", place, name))
    case .fifo: return result(of: mknodat(place, name, S_IFIFO | 0o644, 0))
    case .socket: return result(of: mknodat(place, name, S_IFSOCK | 0o644, 0))
    // Making one needs privileges that few users have.
    case .characterDevice, .blockDevice, .directory: return .unreachable
    }
  }

  private func modify(_ change: ObjectChange, _ name: String, in place: Int32) -> Outcome {
    if fileSystem.kernelView.rememberedKind(of: change) == .file {
      let file = openat(place, name, Self.toWrite)
      if file >= 0 {
        defer { close(file) }
        return touch(file)
      }
      if errno == ENOENT { return .nameIsCached }
    }
    return withUnsafePointer(to: Self.now) { times in
      times.withMemoryRebound(to: timespec.self, capacity: 2) {
        result(of: utimensat(place, name, $0, AT_SYMLINK_NOFOLLOW))
      }
    }
  }

  /// Sets the mtime, which is a modification to inotify. The file's contents stay untouched.
  private func touch(_ file: Int32) -> Outcome {
    guard isHere(file) else { return .unreachable }
    return withUnsafePointer(to: Self.now) { times in
      times.withMemoryRebound(to: timespec.self, capacity: 2) { result(of: futimens(file, $0)) }
    }
  }

  private func result(of call: Int32) -> Outcome {
    guard call < 0 else { return .told }
    return switch errno {
    case EEXIST, ENOENT, EISDIR, ENOTDIR, ESTALE: .nameIsCached
    case EACCES, EPERM, EROFS: .refused(errno)
    default: .unreachable
    }
  }

  // What Glibc's module leaves out: O_PATH, UTIME_NOW and UTIME_OMIT (open(2), utimensat(2)).
  private static let pathOnly: Int32 = 0o10000000
  private static let toWrite = O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
  /// Leaves atime, sets mtime to now.
  private static let now = (timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2), timespec(tv_sec: 0, tv_nsec: (1 << 30) - 1))
}

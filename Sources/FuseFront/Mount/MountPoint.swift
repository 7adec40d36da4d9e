private import Basics
private import CFuse3
private import Glibc

/// The place to mount at.
public struct MountPoint: Hashable, Sendable {
  public let path: String
  /// Whether it is the default: then a missing directory is created.
  public let isDefault: Bool

  public init(path: String, isDefault: Bool = false) {
    self.path = path
    self.isDefault = isDefault
  }
}

/// What exists at a mount point, as far as it decides whether to mount there.
struct MountPointFindings: Equatable {
  enum State: Equatable {
    case missing, danglingLink, notDirectory
    case directory(isEmpty: Bool, isWritable: Bool)
    /// ENOTCONN: the process that served a mount here is gone.
    case deadMount
    case failure(errno: Int32)
  }

  var state: State
  var mount: MountTable.Row?
}

/// The decision about a mount point.
enum MountPointVerdict: Equatable {
  case use, makeAndUse
  /// Detach a dead mount of this program, then check again.
  case replaceStaleMount
  case refuse(FuseMountError)
}

extension MountPoint {
  /// Decides by `findings`, the state of the system.
  func verdict(on findings: MountPointFindings) -> MountPointVerdict {
    if findings.state == .deadMount {
      if findings.mount.map(\.isOurs) ?? true { return .replaceStaleMount }
      return refuse(
        .staleMount,
        "a dead mount of another program is at \(path): `fusermount3 -uz \(ShellWord.quoted(path))` removes it")
    }
    if let mount = findings.mount, mount.isFuse {
      return refuse(
        .alreadyMounted,
        "\(path) is already mounted (\(mount.source)): `fusermount3 -u \(ShellWord.quoted(path))` unmounts it")
    }
    switch findings.state {
    case .missing where isDefault: return .makeAndUse
    case .missing:
      return refuse(.mountPointMissing, "the mount point does not exist: `mkdir -p \(ShellWord.quoted(path))` makes it")
    case .danglingLink:
      return refuse(
        .mountPointUnusable,
        "the mount point \(path) is a symbolic link to nothing: make the directory that it names, or choose another")
    case .notDirectory: return refuse(.mountPointNotDirectory, "the mount point \(path) is not a directory")
    case .directory(isEmpty: false, _):
      return refuse(
        .mountPointNotEmpty, "the mount point \(path) is not empty, a mount would hide its files: choose an empty one")
    case .directory(_, isWritable: false):
      return refuse(.mountPointNotWritable, "the mount point \(path) is not writable by you: choose one that is")
    case .failure(let code):
      return refuse(.mountPointUnusable, "the mount point \(path) cannot be used: \(String(cString: strerror(code)))")
    case .directory, .deadMount: return .use
    }
  }

  private func refuse(_ reason: FuseMountError.Reason, _ message: String) -> MountPointVerdict {
    .refuse(FuseMountError(reason, message))
  }

  /// Inspects the system. Does not enter a living FUSE mount: its server may hang, or be this process.
  func findings(in table: MountTable = .current()) -> MountPointFindings {
    let mount = table.row(at: Self.absolute(path))
    var status = stat()
    guard stat(path, &status) == 0 else {
      switch errno {
      case ENOENT:
        let isLink = lstat(path, &status) == 0
        return MountPointFindings(state: isLink ? .danglingLink : .missing, mount: mount)
      case ENOTCONN: return MountPointFindings(state: .deadMount, mount: mount)
      case let code: return MountPointFindings(state: .failure(errno: code), mount: mount)
      }
    }
    // The kernel may know the root of a mount for a while after its process died.
    if mount?.isOurs ?? false, Self.isDisconnected(path) { return MountPointFindings(state: .deadMount, mount: mount) }
    guard status.st_mode & S_IFMT == S_IFDIR else { return MountPointFindings(state: .notDirectory, mount: mount) }
    let isEmpty = mount.map(\.isFuse) ?? false || ProcFile.names(in: path).isEmpty
    return MountPointFindings(
      state: .directory(isEmpty: isEmpty, isWritable: access(path, W_OK) == 0), mount: mount)
  }

  /// Uses statfs(2), which the kernel never answers from its caches.
  private static func isDisconnected(_ path: String) -> Bool {
    var figures = statvfs()
    return statvfs(path, &figures) != 0 && errno == ENOTCONN
  }

  /// Returns the path with its parent's links resolved, as /proc spells it. Does not enter the mount point itself: if
  /// it is a dead mount, realpath(3) would fail.
  static func absolute(_ path: String) -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    guard let slash = path.lastIndex(of: "/") else { return absolute(".") + "/" + path }
    let parent = path[..<slash].isEmpty ? "/" : absolute(String(path[..<slash]))
    return (parent == "/" ? "" : parent) + path[slash...]
  }

  /// Creates a directory and its parents. Throws mkdir(2)'s errno.
  func make() throws(FuseMountError) {
    var made = path.hasPrefix("/") ? "/" : ""
    for component in path.split(separator: "/") {
      made += component + "/"
      if mkdir(made, 0o755) != 0, errno != EEXIST {
        throw FuseMountError(.mountPointUnusable, "cannot make \(made): \(String(cString: strerror(errno)))")
      }
    }
  }
}

/// The options of one mount.
public struct FuseOptions: Sendable {
  /// Whether other users (on WSL2: Windows' Explorer) may enter the mount. Without root, /etc/fuse.conf must allow it.
  public var allowOther = false
  /// Whether to mount `ro`: the kernel itself answers EROFS.
  public var readOnly = false
  /// Whether to mount `noexec`: the kernel runs no program from the mount.
  public var refusesPrograms = false
  /// The source that `df` and /proc/mounts show.
  public var sourceName = "localstack"
  /// The number of threads that take requests from the kernel. They never wait for S3, so a few suffice.
  public var threads = 4

  /// The directories whose inotify watchers see external changes. With `readOnly` none: the kernel refuses every
  /// change, even the mount's own replay.
  public var notify = Notify.watched

  public enum Notify: String, Sendable, CaseIterable {
    /// Directories that a visible process watches.
    case watched
    /// In addition, those that were listed last, for a minute: for watchers in other containers and of other users.
    case recent
    case off
  }

  public init() {}

  /// The type that /proc/mounts shows after "fuse."; a dead mount of this program is recognized by it.
  static let subtype = "localstackmount"
  /// The largest READ and WRITE, in bytes: the limit of the kernel's FUSE (256 pages).
  static let largestTransfer: UInt32 = 1 << 20

  /// The `-o` string for fuse_session_new (mount.fuse3(8)).
  ///
  /// - `default_permissions`: the kernel checks modes by the attributes it gets; no ACCESS request is ever sent.
  /// - `max_read` must be given here and in the connection's settings (libfuse's fuse_conn_info).
  /// - `auto_unmount` is not used: it keeps a fusermount3 process alive with every mount, and it would need
  ///   allow_other with some versions. A mount left dead by a crash is recognised and replaced at the next start.
  var mountOptions: String {
    var options = [
      "fsname=\(Self.escaped(sourceName))", "subtype=\(Self.subtype)", "default_permissions",
      "max_read=\(Self.largestTransfer)",
    ]
    if allowOther { options.append("allow_other") }
    if readOnly { options.append("ro") }
    if refusesPrograms { options.append("noexec") }
    return options.joined(separator: ",")
  }

  /// Escapes a value. A comma separates options, a backslash escapes it (fuse_opt.h).
  private static func escaped(_ value: String) -> String {
    var result = ""
    for character in value {
      if character == "," || character == "\\" { result.append("\\") }
      result.append(character)
    }
    return result
  }
}

/// The reason why a mount failed: one line with the fault and the remedy.
public struct FuseMountError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Sendable {
    case deviceMissing, deviceNotPermitted, fusermountMissing, allowOtherNotPermitted
    case mountPointMissing, mountPointNotDirectory, mountPointNotEmpty, mountPointNotWritable, mountPointUnusable
    case alreadyMounted, staleMount, refused
  }

  public let reason: Reason
  public let description: String

  init(_ reason: Reason, _ description: String) {
    self.reason = reason
    self.description = description
  }
}

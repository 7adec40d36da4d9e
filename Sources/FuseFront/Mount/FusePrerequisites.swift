private import Glibc

/// Checks beforehand what the system must offer for a mount: libfuse's own messages contain no remedy.
struct FusePrerequisites: Equatable {
  /// 0, or the errno of opening /dev/fuse.
  var deviceFailure: Int32 = 0
  var isRoot = true
  var hasFusermount = true
  /// The text of /etc/fuse.conf, if there is one.
  var configuration: String?

  static func current() -> Self {
    var found = Self()
    let device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
    found.deviceFailure = device < 0 ? errno : 0
    if device >= 0 { close(device) }
    found.isRoot = geteuid() == 0
    found.hasFusermount = fusermount != nil
    found.configuration = ProcFile.contents("/etc/fuse.conf")
    return found
  }

  func check(_ options: FuseOptions) throws(FuseMountError) {
    switch deviceFailure {
    case 0: break
    case EACCES, EPERM:
      throw FuseMountError(
        .deviceNotPermitted,
        "/dev/fuse may not be opened (\(Self.text(of: deviceFailure))): in a container add `--device /dev/fuse "
          + "--cap-add SYS_ADMIN`, else `chmod 666 /dev/fuse` as root; `--http` needs no FUSE")
    default:
      throw FuseMountError(
        .deviceMissing,
        "there is no usable /dev/fuse (\(Self.text(of: deviceFailure))): `modprobe fuse` as root, in a container "
          + "`--device /dev/fuse --cap-add SYS_ADMIN`; `--http` needs no FUSE")
    }
    if !isRoot && !hasFusermount {
      throw FuseMountError(.fusermountMissing, "fusermount3 is not installed: `apt install fuse3`")
    }
    if options.allowOther && !isRoot && !Self.permitsAllowOther(configuration ?? "") {
      throw FuseMountError(
        .allowOtherNotPermitted, "--allow-other is not permitted: add the line `user_allow_other` to /etc/fuse.conf")
    }
  }

  /// Returns whether fuse.conf has the line, as fusermount3 parses it: alone, with space around it, and not after "#".
  static func permitsAllowOther(_ configuration: some StringProtocol) -> Bool {
    configuration.split(whereSeparator: \.isNewline).contains { line in
      line.split(whereSeparator: \.isWhitespace) == ["user_allow_other"]
    }
  }

  /// The path of fusermount3, if it is installed.
  static var fusermount: String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    return (path.split(separator: ":").map(String.init) + ["/usr/bin", "/bin", "/usr/local/bin"])
      .map { $0 + "/fusermount3" }
      .first { access($0, X_OK) == 0 }
  }

  private static func text(of code: Int32) -> String { String(cString: strerror(code)) }
}

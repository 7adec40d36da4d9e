internal import ArgumentParser
internal import Core
internal import HTTPFront
private import Logging

/// The command line.
struct CommandArguments: ParsableArguments {
  @Flag(help: "Mount. This is the default unless --http is given alone.")
  var fuse = false

  @Argument(
    help: ArgumentHelp("Where to mount: an empty directory. (default: ~/mount/localstack, created if missing)"),
    completion: .directory)
  var mountpoint: String?

  @Option(
    help: ArgumentHelp(
      "Serve over HTTP: :8080 for this machine only, 0.0.0.0:8080 or [::]:8080 for all interfaces, unix:/path for a socket.",
      valueName: "address"),
    transform: { try ListenAddress.parse($0) })
  var http: ListenAddress?

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("Options in the form of mount(8) and /etc/fstab; see above. Repeatable.", valueName: "options"),
    completion: .custom { _, _, typed in FstabOptions.completions(of: typed) })
  var mountOptions: [String] = []

  @OptionGroup(title: "HTTP") var gateway: GatewayArguments
  @OptionGroup(title: "S3") var s3: S3Arguments
  @OptionGroup(title: "Files") var files: FileArguments
  @OptionGroup(title: "Limits") var limits: LimitArguments

  @Option(help: ArgumentHelp("Log level on standard error.", valueName: "level"))
  var logLevel = LogLevel(.notice)

  /// Whether to mount: because of --fuse, of a mount point, or because nothing else was requested.
  var mounts: Bool { fuse || mountpoint != nil || http == nil }

  func validate() throws {
    if http == nil, let option = gateway.given {
      throw ValidationError("\(option) is for the gateway: add --http ADDRESS.")
    }
    for (name, isGiven) in [("--allow-other", files.allowOther), ("--noexec", files.noexec)] where isGiven && !mounts {
      throw ValidationError("\(name) is for the mount: add --fuse.")
    }
    var named: Set<String> = []
    for scope in s3.bucket where !named.insert(scope.bucket).inserted {
      throw ValidationError(
        "--bucket names \(scope.bucket) twice: name a bucket once, with one prefix or none.")
    }
    try MountPointArgument.validate(mountpoint)
  }
}

/// What a mount point may be.
enum MountPointArgument {
  static func validate(_ path: String?) throws {
    guard let path else { return }
    if path.isEmpty { throw ValidationError("The mount point is empty: name a directory.") }
    if path.contains("://") {
      throw ValidationError(
        "\(path) is a URL, not a directory: name an endpoint by --endpoint, a bucket by --bucket, or run "
          + "mount -t localstackmount SOURCE DIRECTORY.")
    }
  }
}

/// How objects are shown as files.
struct FileArguments: ParsableArguments {
  @Flag(help: "Refuse every change.")
  var readOnly = false

  @Flag(help: "Refuse to run programs that are in the mount.")
  var noexec = false

  @Flag(help: "Let other users access the mount. /etc/fuse.conf must permit it, unless you are root.")
  var allowOther = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Owner of objects without a stored owner. (default: you)", valueName: "number"))
  var uid: UInt32?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Group of objects without a stored group. (default: yours)", valueName: "number"))
  var gid: UInt32?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Permission bits to clear for objects without a stored mode.", valueName: "octal"))
  var umask = Octal(bits: 0o022)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long what is shown may be stale after external changes. (default: not at all; each look shows what was written before it)",
      valueName: "seconds"))
  var ttl: Seconds?

  @Option(
    help: ArgumentHelp(
      "learned: listings show known modes and times; always: listings wait for one HEAD of each unknown object.",
      valueName: "learned|always"))
  var metadata = MetadataPolicy.learned

  @Option(
    help: ArgumentHelp(
      "Which inotify watches see external changes. watched: those of processes that the mount can see; recent: also those in the directories listed last, for a minute; off: none. Not with --read-only.",
      valueName: "watched|recent|off"))
  var notify = NotifyPolicy.watched

  @Flag(
    help:
      "Let close(2) return as soon as the bytes are on the local disk, and upload them afterwards; fsync(2) waits for S3."
  )
  var writeBack = false

  @Flag(
    help:
      "Write only what `aws s3 cp` would write: no markers and no metadata. Modes, times and empty directories last as long as the mount. No symbolic links."
  )
  var plain = false
}

/// Limits on memory, disk and time.
struct LimitArguments: ParsableArguments {
  /// What a request takes at least, to a server on the same machine.
  private static let shortestTimeout = Duration.milliseconds(10)

  @Option(
    help: ArgumentHelp(
      "Directory for unsaved bytes, cached contents and cached metadata. (default: $XDG_CACHE_HOME or ~/.cache, /localstackmount)",
      valueName: "directory"), completion: .directory)
  var cacheDir: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Limit for unsaved bytes in that directory: beyond it writes fail. Cached contents take at most half as much in addition.",
      valueName: "size"))
  var cacheSize = ByteCount(bytes: 10 << 30)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How long S3 may take to answer, including retries; a transfer may stall for twice as long. (default: 15)",
      valueName: "seconds"))
  var timeout: Seconds?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Memory limit for cached objects, names and headers.", valueName: "size"))
  var memory = ByteCount(bytes: 96 << 20)

  func validate() throws {
    if let timeout, timeout.duration < Self.shortestTimeout {
      throw ValidationError("--timeout is at least 0.01 seconds: S3 needs time to answer.")
    }
  }
}

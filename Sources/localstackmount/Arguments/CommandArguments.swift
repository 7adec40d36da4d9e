internal import ArgumentParser
internal import Core
internal import HTTPFront
private import Logging

/// The command line.
struct CommandArguments: ParsableArguments {
  @Flag(help: "Mount. This is the default unless --http is given alone.")
  var fuse = false

  @Argument(
    help: ArgumentHelp("Where to mount: an empty directory. (default: ~/mount/localstack, which is made)"),
    completion: .directory)
  var mountpoint: String?

  @Option(
    help: ArgumentHelp(
      "Serve over HTTP. :8080 is this machine only, 0.0.0.0:8080 or [::]:8080 all interfaces, unix:/path a socket.",
      valueName: "address"),
    transform: { try ListenAddress.parse($0) })
  var http: ListenAddress?

  @Option(
    name: .customShort("o"),
    help: ArgumentHelp("Options as mount(8) and /etc/fstab have them; see above. Repeatable.", valueName: "options"))
  var mountOptions: [String] = []

  @OptionGroup(title: "HTTP") var gateway: GatewayArguments
  @OptionGroup(title: "S3") var s3: S3Arguments
  @OptionGroup(title: "Files") var files: FileArguments
  @OptionGroup(title: "Limits") var limits: LimitArguments

  @Option(help: ArgumentHelp("How much is told on standard error.", valueName: "level"))
  var logLevel = LogLevel(.notice)

  /// Whether a mount is wanted: said, or by a mount point, or because nothing else is.
  var mounts: Bool { fuse || mountpoint != nil || http == nil }

  func validate() throws {
    if http == nil, let option = gateway.given {
      throw ValidationError("\(option) is for the gateway: add --http ADDRESS.")
    }
    if files.allowOther && !mounts {
      throw ValidationError("--allow-other is for the mount: add --fuse.")
    }
    var named: Set<String> = []
    for argument in s3.bucket where !named.insert(argument.scope.bucket).inserted {
      throw ValidationError(
        "--bucket names \(argument.scope.bucket) twice: name a bucket once, with one prefix or none.")
    }
    if let mountpoint, mountpoint.isEmpty {
      throw ValidationError("The mount point is empty: name a directory.")
    }
  }
}

/// Which S3, and what of it.
struct S3Arguments: ParsableArguments {
  @OptionGroup var connection: EndpointArguments

  @Option(
    help: ArgumentHelp(
      "Show this bucket, or the part of it below a prefix, only. Repeatable.", valueName: "name[/prefix]")
  )
  var bucket: [BucketArgument] = []
}

/// How objects are shown as files.
struct FileArguments: ParsableArguments {
  @Flag(help: "Refuse every change.")
  var readOnly = false

  @Flag(help: "Let other users in. /etc/fuse.conf must permit it, unless you are root.")
  var allowOther = false

  @Option(help: ArgumentHelp("Owner of objects that carry none. (default: you)", valueName: "number"))
  var uid: UInt32?

  @Option(help: ArgumentHelp("Group of objects that carry none. (default: yours)", valueName: "number"))
  var gid: UInt32?

  @Option(help: ArgumentHelp("Permission bits taken from objects that carry no mode.", valueName: "octal"))
  var umask = Octal(bits: 0o022)

  @Option(
    help: ArgumentHelp("How far listings and attributes may lag behind changes by others.", valueName: "seconds"))
  var ttl = Seconds(.seconds(1))

  @Flag(help: "Let open(2) trust what was validated within the ttl, instead of asking S3 each time.")
  var relaxedOpen = false

  @Option(
    help: ArgumentHelp(
      "learned: listings show the modes and times that are known; always: each object is asked once, before its listing.",
      valueName: "learned|always"))
  var metadata = MetadataPolicy.learned

  @Option(
    help: ArgumentHelp(
      "Whose inotify watches see what others change. watched: of processes that the mount can see; recent: also in the directories listed last, for a minute; off. Not with --read-only.",
      valueName: "watched|recent|off"))
  var notify = NotifyPolicy.watched

  @Flag(
    help: "Let close(2) return when the bytes are on disk here, and upload them right after; fsync(2) waits for S3.")
  var writeBack = false

  @Flag(
    help:
      "Write what `aws s3 cp` would write: no markers, and no metadata; modes, times and empty directories last as long as the mount. No symbolic links."
  )
  var plain = false
}

/// What may be used up.
struct LimitArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where unsaved bytes, what was read and learnt metadata are kept. (default: $XDG_CACHE_HOME or ~/.cache, /localstackmount)",
      valueName: "directory"), completion: .directory)
  var cacheDir: String?

  @Option(
    help: ArgumentHelp(
      "Cap of the unsaved bytes in that directory: beyond it writes fail. What was read takes at most half as much besides.",
      valueName: "size"))
  var cacheSize = ByteCount(bytes: 10 << 30)

  @Option(
    help: ArgumentHelp(
      "How long S3 may take to answer, retries included; a transfer may stall twice as long. (default: 15)",
      valueName: "seconds"))
  var timeout: Seconds?

  @Option(help: ArgumentHelp("Cap of what is held in memory of objects, names and headers.", valueName: "size"))
  var memory = ByteCount(bytes: 96 << 20)
}

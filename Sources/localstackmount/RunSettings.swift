private import Basics
internal import Core
private import Glibc
internal import HTTPFront

/// The arguments and the environment, resolved into the parts' options.
struct RunSettings: Sendable {
  var endpoint: String?
  var region: String?
  var profile: String?
  /// `nil` means the client's default.
  var timeout: Duration?
  /// The variables that the S3 client reads: endpoint, region, credentials.
  var environment: [String: String]
  var fileSystem = FileSystemOptions()
  /// `nil` means no mount.
  var mountPath: String?
  var mountPathIsDefault = false
  var allowOther = false
  var refusesPrograms = false
  var notify = NotifyPolicy.watched
  /// `nil` means no gateway.
  var http: ListenAddress?
  var credentials: Credentials?
  var gateway = GatewayArguments()

  init(
    _ arguments: CommandArguments, environment: [String: String] = Self.processEnvironment
  ) throws(StartFailure) {
    self.environment = environment
    (endpoint, region, profile) = arguments.s3.connection.given
    timeout = arguments.limits.timeout?.duration
    allowOther = arguments.files.allowOther
    refusesPrograms = arguments.files.noexec
    notify = arguments.files.notify
    http = arguments.http
    credentials = arguments.gateway.auth
    gateway = arguments.gateway
    if arguments.mounts {
      mountPath = if let path = arguments.mountpoint { path } else { try Self.defaultMountPath(environment) }
      mountPathIsDefault = arguments.mountpoint == nil
    }
    if http != nil, credentials == nil, gateway.authFile == nil { credentials = try Self.credentials(environment) }
    fileSystem = try Self.options(arguments, environment)
  }

  private static func options(
    _ arguments: CommandArguments, _ environment: [String: String]
  ) throws(StartFailure) -> FileSystemOptions {
    var options = FileSystemOptions()
    options.ttl = arguments.files.ttl?.duration
    options.writeBack = arguments.files.writeBack
    options.plain = arguments.files.plain
    options.readOnly = arguments.files.readOnly
    options.owner = arguments.files.uid ?? getuid()
    options.group = arguments.files.gid ?? getgid()
    options.umask = arguments.files.umask.bits
    options.readsAllMetadata = arguments.files.metadata == .always
    options.buckets = arguments.s3.bucket
    options.memory = Int(arguments.limits.memory.bytes)
    options.cacheSize = arguments.limits.cacheSize.bytes
    options.cacheDirectory = try cacheDirectory(arguments.limits.cacheDir, environment)
    return options
  }

  /// Returns the cache directory. As the XDG Base Directory Specification requires, ignores a relative XDG_CACHE_HOME.
  static func cacheDirectory(
    _ given: String?, _ environment: [String: String]
  ) throws(StartFailure) -> String {
    if let given, !given.isEmpty { return given }
    if let caches = environment["XDG_CACHE_HOME"], caches.hasPrefix("/") { return caches + "/localstackmount" }
    return try home(environment) + "/.cache/localstackmount"
  }

  /// Returns the cache directory of earlier runs. Throws where no run can have stored anything: a mistyped name must
  /// not look as if everything were in S3.
  static func usedCacheDirectory(
    _ given: String?, _ environment: [String: String]
  ) throws(StartFailure) -> String {
    let directory = try cacheDirectory(given, environment)
    if let problem = PrivateDirectory.problem(directory), problem.kind == .foreign || problem.kind == .cannotLook {
      throw StartFailure(message: "\(problem.path) \(problem.reason): name the --cache-dir of the run")
    }
    if given != nil, access(directory, F_OK) != 0 {
      throw StartFailure(message: "there is no directory \(directory): name the --cache-dir of the run")
    }
    return directory
  }

  /// Returns what LOCALSTACKMOUNT_AUTH names; `nil` without it.
  static func credentials(_ environment: [String: String]) throws(StartFailure) -> Credentials? {
    guard let text = environment["LOCALSTACKMOUNT_AUTH"] else { return nil }
    guard let credentials = Credentials(argument: text) else {
      throw StartFailure(message: "LOCALSTACKMOUNT_AUTH must have the form USER:PASSWORD")
    }
    return credentials
  }

  static func defaultMountPath(_ environment: [String: String]) throws(StartFailure) -> String {
    try home(environment) + "/mount/localstack"
  }

  private static func home(_ environment: [String: String]) throws(StartFailure) -> String {
    guard let home = HomeDirectory.path(environment) else {
      throw StartFailure(message: "HOME is not set: name a mount point and --cache-dir")
    }
    return home
  }

  /// The process's environment, without empty variables: those count as not set.
  static var processEnvironment: [String: String] {
    var found: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let parts = String(cString: entry).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
      next += 1
    }
    return found
  }
}

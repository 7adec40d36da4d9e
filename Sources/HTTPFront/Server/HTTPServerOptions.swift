/// The options of one gateway.
public struct HTTPServerOptions: Sendable {
  public var listen: ListenAddress
  /// The user and password that clients must send (Basic authentication); `nil` requires none.
  public var credentials: (user: String, password: String)?
  /// The users that clients may authenticate as instead (`--auth-file`).
  var passwords: PasswordFile?
  /// Certificate and key in PEM; nil means plain HTTP.
  public var tls: (certificate: String, key: String)?
  /// A prefix of all URL paths, for a proxy that serves other things, too: "" or "/s3".
  public var pathPrefix = ""
  /// Origins of other sites whose pages may use this gateway.
  public var allowedOrigins: [String] = []
  /// Where to write one line for each request; `nil` writes none.
  public var accessLog: AccessLog?
  /// Counts of requests to S3, for /-/metrics.
  public var storeMetrics: StoreMetrics?
  public var readOnly = false
  /// Shown in /-/health and on the page.
  public var version = "dev"
  /// The S3 endpoint, shown in /-/health and on the page.
  public var endpointDescription = ""
  /// Limits the open connections of all clients together; lower if the limit of open files is low.
  public var connectionLimit = 1000
  /// Seconds without traffic after which a connection is closed whose request head is incomplete.
  public var headerTimeout = 60
  /// Seconds without traffic after which a connection is closed during a request: its body may come from a program that
  /// computes, its answer may wait for a person. 0 means never.
  public var idleTimeout = 3600
  /// Limits for uploaded archives that are unpacked.
  public var unpackLimits = UnpackLimits()
  /// Stores snapshots for /-/snapshots; `nil` answers 404 there.
  public var snapshots: (any SnapshotService)?
  /// How long `stop` waits for transfers in flight.
  public var stopGrace = Duration.seconds(3)

  /// Sets the users from the text of an `--auth-file`. Throws if a line is malformed.
  public mutating func setPasswords(fromFile text: String) throws(HTTPServerError) {
    passwords = try PasswordFile(text: text)
  }

  public init(listen: ListenAddress = ListenAddress(port: 8080)) { self.listen = listen }
}

/// The choices of one gateway.
public struct HTTPServerOptions: Sendable {
  public var listen: ListenAddress
  /// Asked of every client (Basic authentication); nil asks nothing.
  public var credentials: (user: String, password: String)?
  /// Or one of these users (`--auth-file`).
  var passwords: PasswordFile?
  /// Certificate and key in PEM; nil speaks plain HTTP.
  public var tls: (certificate: String, key: String)?
  /// Before the paths of all URLs, where a proxy serves more than us: "" or "/s3".
  public var pathPrefix = ""
  /// Other sites whose pages may use this gateway, as browsers send them in Origin.
  public var allowedOrigins: [String] = []
  /// One line for each request; nil writes none.
  public var accessLog: AccessLog?
  /// S3's requests, told in /-/metrics.
  public var storeMetrics: StoreMetrics?
  public var readOnly = false
  /// Shown in /-/health and on the page.
  public var version = "dev"
  /// The S3 endpoint, shown in /-/health and on the page.
  public var endpointDescription = ""
  /// At most so many connections at a time, over all clients; fewer where the limit of open files is low.
  public var connectionLimit = 1000
  /// Seconds after which a connection without traffic is closed whose request has not come as a whole, with all headers.
  public var headerTimeout = 60
  /// The same while a request is under way: its body may come from a program that computes, its answer wait for a person.
  /// 0 is never.
  public var idleTimeout = 3600
  /// For archives that are uploaded to be unpacked.
  public var unpackLimits = UnpackLimits()
  /// What keeps snapshots at /-/snapshots; nil: nothing is there.
  public var snapshots: (any SnapshotService)?
  /// How long `stop` lets transfers under way finish.
  public var stopGrace = Duration.seconds(3)

  /// Takes the text of an `--auth-file`. Throws with what is wrong with it.
  public mutating func setPasswords(fromFile text: String) throws(HTTPServerError) {
    passwords = try PasswordFile(text: text)
  }

  public init(listen: ListenAddress = ListenAddress(port: 8080)) { self.listen = listen }
}

/// The choices of one gateway.
public struct HTTPServerOptions: Sendable {
  public var listen: ListenAddress
  /// Asked of every client (Basic authentication); nil asks nothing.
  public var credentials: (user: String, password: String)?
  public var readOnly = false
  /// Shown in /-/health and on the page.
  public var version = "dev"
  /// The S3 endpoint, shown in /-/health and on the page.
  public var endpointDescription = ""
  /// At most so many connections at a time, over all clients.
  public var connectionLimit = 1000
  /// Seconds after which a connection without traffic is closed.
  public var idleTimeout = 60
  /// For archives that are uploaded to be unpacked.
  public var unpackLimits = UnpackLimits()
  /// How long `stop` lets transfers under way finish.
  public var stopGrace = Duration.seconds(3)

  public init(listen: ListenAddress = ListenAddress(port: 8080)) { self.listen = listen }
}

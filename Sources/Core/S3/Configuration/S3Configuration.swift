/// The settings of the client.
public struct S3Configuration: Sendable {
  public enum Addressing: Hashable, Sendable {
    /// `http://host/bucket/key`: every S3 understands it.
    case path
    /// `http://bucket.host/key`
    case virtualHost
  }

  public var endpoint: Endpoint
  public var region: String
  public var credentials: Credentials
  /// Makes new credentials when the current ones expire.
  public var credentialProcess: CredentialProcess?
  public var addressing = Addressing.path
  public var deadlines = Deadlines()
  public var retry = RetryPolicy()
  /// The limit of requests in flight; more are queued.
  public var maxConnections = 64
  /// A file of certificates to trust instead of the system's (`AWS_CA_BUNDLE`).
  public var certificateAuthorities: String?
  /// nil means a direct connection.
  public var proxy: Proxy?
  public var userAgent = "localstackmount"
  /// Called for every request, on the thread on which it ends: must be quick.
  public var observer: (@Sendable (RequestEvent) -> Void)?

  public init(endpoint: Endpoint, region: String = "us-east-1", credentials: Credentials = .test) {
    self.endpoint = endpoint
    self.region = region
    self.credentials = credentials
  }
}

/// How long the client waits before it fails. No request waits longer.
public struct Deadlines: Hashable, Sendable {
  /// For the setup of a connection.
  public var connect: Duration = .seconds(5)
  /// For a small request, from the call to the answer, retries included.
  public var request: Duration = .seconds(15)
  /// For the next byte of an object's body, in either direction.
  public var stall: Duration = .seconds(30)
  /// For the server's own work on large objects (copying, completing a multipart upload), during which it may be silent.
  public var serverWork: Duration = .seconds(300)

  public init() {}

  /// Scales all deadlines in proportion to the defaults.
  public init(request: Duration) {
    self.init(connect: request / 3, request: request, stall: request * 2, serverWork: request * 20)
  }

  public init(connect: Duration, request: Duration, stall: Duration, serverWork: Duration) {
    self.connect = connect
    self.request = request
    self.stall = stall
    self.serverWork = serverWork
  }
}

/// One request that was sent, for metrics and for tests that count requests. Each try is a separate event.
public struct RequestEvent: Sendable {
  /// S3's name, such as `ListObjectsV2`.
  public let operation: String
  public let bucket: String?
  /// 1 for the first try.
  public let attempt: Int
  public let duration: Duration
  /// nil when no answer arrived.
  public let status: Int?
  /// nil when it succeeded.
  public let error: S3Error?
  /// The size of the request body, without headers.
  public let bytesSent: Int64
  public let bytesReceived: Int64
}

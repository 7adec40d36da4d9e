/// Everything the client needs to know.
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
  /// Makes new credentials when those expire.
  public var credentialProcess: CredentialProcess?
  public var addressing = Addressing.path
  public var deadlines = Deadlines()
  public var retry = RetryPolicy()
  /// Requests on their way at the same time; more wait their turn.
  public var maxConnections = 64
  /// A file of certificates to trust instead of the system's (`AWS_CA_BUNDLE`).
  public var certificateAuthorities: String?
  public var userAgent = "localstackmount"
  /// Told of every request, on whichever thread it ends: must be quick.
  public var observer: (@Sendable (RequestEvent) -> Void)?

  public init(endpoint: Endpoint, region: String = "us-east-1", credentials: Credentials = .test) {
    self.endpoint = endpoint
    self.region = region
    self.credentials = credentials
  }
}

import Synchronization

/// Speaks the S3 protocol to one endpoint, over connections of its own which end with it.
///
/// The operations are in extensions: Buckets, Listing, Objects, Reading, Multipart, Tags. Each makes an `S3Request`;
/// `send` signs and sends it, tries again where that is safe, and turns what fails into an `S3Error`.
public final class S3Client: Sendable {
  public let configuration: S3Configuration

  let transport: CurlTransport
  let builder: RequestBuilder
  /// Whether the last listing was LocalStack's.
  let isLocalStack = Atomic(false)

  /// Whether the endpoint has answered a request of S3 well, or refused it for a reason: its service is loaded then.
  let hasAnswered = Atomic(false)

  /// How far the server's clock is ahead of this machine's, in seconds, where it mattered.
  let clockOffset = Atomic<Int64>(0)

  public var executor: (any TaskExecutor)? { transport.executor }
  /// How many answers have come, and the shortest time that one took, in nanoseconds.
  let answers = Atomic<Int64>(0)
  let shortest = Atomic<Int64>(.max)
  /// So many tell how fast a server is.
  private static let manyAnswers = 32

  public var shortestAnswer: Duration? {
    answers.load(ordering: .relaxed) < Self.manyAnswers ? nil : .nanoseconds(shortest.load(ordering: .relaxed))
  }

  public var copyForgets: Bool { isLocalStack.load(ordering: .relaxed) }

  /// Throws `ConfigurationError.invalidSetting` when libcurl cannot be started.
  public init(_ configuration: S3Configuration) throws(ConfigurationError) {
    self.configuration = configuration
    builder = RequestBuilder(configuration)
    var options = ConnectionOptions(userAgent: configuration.userAgent)
    options.connectTimeout = configuration.deadlines.connect
    options.usesProxy = !configuration.endpoint.isLocal
    options.certificateAuthorities = configuration.certificateAuthorities
    do throws(TransportFailure) {
      transport = try CurlTransport(options: options, maxConnections: configuration.maxConnections)
    } catch {
      throw .invalidSetting(name: "libcurl", reason: error.message)
    }
  }
}

import Keys
import Logging
import S3
import Synchronization

/// The location of the buckets, as far as the user specified it: the rest comes from the environment and `~/.aws`.
public struct ConnectionSettings: Sendable {
  /// Else the first of the variables and settings that `EndpointChain` (S3) goes through, or http://localhost:4566.
  public var endpoint: String?
  /// Else AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1.
  public var region: String?
  /// Else AWS_PROFILE, default.
  public var profile: String?
  /// The deadline of a small request; the other deadlines are scaled with it. Else 15 s.
  public var timeout: Duration?

  public init(
    endpoint: String? = nil, region: String? = nil, profile: String? = nil, timeout: Duration? = nil
  ) {
    self.timeout = timeout
    self.endpoint = endpoint
    self.region = region
    self.profile = profile
  }
}

extension FileSystem {
  /// Connects, and checks that the endpoint answers and accepts the credentials. Throws with a message that can be
  /// shown as it is. Cost: one or two health requests and one ListBuckets, whose answer serves as the first listing.
  public static func connect(
    _ settings: ConnectionSettings, options: FileSystemOptions, environment: [String: String],
    onRequest: (@Sendable (StoreRequest) -> Void)? = nil
  ) async throws(FileSystemError) -> FileSystem {
    let client: S3Client
    do throws(ConfigurationError) {
      var s3 = S3Settings(endpoint: settings.endpoint, region: settings.region, profile: settings.profile)
      s3.report = { Self.log.notice("\($0)") }
      var configuration = try s3.resolve(environment: environment)
      if let timeout = settings.timeout { configuration.deadlines = Deadlines(request: timeout) }
      let gaps = ServerGaps()
      configuration.observer = { event in
        if let gap = gaps.sentence(for: event) { Self.log.notice("\(gap)") }
        onRequest?(StoreRequest(event))
      }
      client = try S3Client(configuration)
    } catch { throw FileSystemError(.invalidArgument, error.description) }
    let endpoint = client.configuration.endpoint
    let identity = try await probe(client)
    try Disk.createDirectory(options.cacheDirectory)
    var options = options
    // One for each endpoint, so that two that have the same buckets do not overwrite each other's memory.
    let name = String(endpoint.description.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
    options.metadataFile = "\(options.cacheDirectory)/metadata-\(name).jsonl"
    options.contentsDirectory = "\(options.cacheDirectory)/contents-\(name)"
    let fileSystem = FileSystem(store: client, options: options)
    fileSystem.spool.endpoint.withLock { $0 = endpoint.description }
    fileSystem.endpoint.withLock {
      $0 = EndpointDescription(
        url: endpoint.description, region: client.configuration.region, server: identity)
    }
    let listed: [BucketSummary]
    do throws(FileSystemError) { listed = try await fileSystem.knowledge.knownBuckets() } catch {
      let message = error.cause?.sentence(about: endpoint.description) ?? error.message
      throw FileSystemError(error.code, message, cause: error.cause)
    }
    for bucket in options.buckets.map(\.bucket) where !listed.contains(where: { $0.name == bucket }) {
      try await reportMissing(bucket, client)
    }
    return fileSystem
  }

  /// Logs that a bucket of `--bucket` is not there yet. Throws invalidName if none of its name can ever be made. Cost:
  /// one HEAD.
  private static func reportMissing(_ bucket: String, _ client: S3Client) async throws(FileSystemError) {
    do throws(S3Error) { return try await client.headBucket(bucket) } catch {
      guard [.noSuchBucket, .invalidBucketName, .invalidRequest].contains(error.code) else { return }
    }
    let endpoint = client.configuration.endpoint
    do throws(BucketNameError) { try BucketName.validate(bucket) } catch {
      throw FileSystemError(.invalidName, "there is no bucket \(bucket) at \(endpoint), and \(error)")
    }
    let command = "aws --endpoint-url \(endpoint) s3 mb s3://\(bucket)"
    Self.log.warning("there is no bucket \(bucket) at \(endpoint) yet: it appears when it is created (`\(command)`)")
  }

  private static func probe(_ client: S3Client) async throws(FileSystemError) -> String {
    let endpoint = client.configuration.endpoint
    do throws(S3Error) { return try await client.probe().name } catch {
      throw FileSystemError(.ioFailure, error.sentence(about: endpoint.description), cause: error)
    }
  }

  /// The endpoint and its region as text, without secrets.
  public var endpointDescription: EndpointDescription { endpoint.withLock { $0 } }
}

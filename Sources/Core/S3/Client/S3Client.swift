import Synchronization

/// A client of the S3 protocol for one endpoint, with connections of its own that end with it.
///
/// The operations are in extensions: Buckets (and their listings), Objects (and their tags), Reading, Multipart. Each
/// makes an `S3Request`; `send` signs and sends it, retries where that is safe, and converts failures to an `S3Error`.
public final class S3Client: ObjectStore {
  public let configuration: S3Configuration

  let transport: CurlTransport
  let builder: RequestBuilder
  let tagCounts = TagCounts()
  /// What the last listing came from.
  let lister = Atomic(Lister.unknown)
  enum Lister: UInt8, AtomicRepresentable { case unknown, localStack, other }

  /// Whether the endpoint has answered an S3 request with success, or refused it for a reason: its service is loaded
  /// then.
  let hasAnswered = Atomic(false)

  /// How far the server's clock is ahead of this machine's, in seconds, where it mattered.
  let clockOffset = Atomic<Int64>(0)

  public var executor: (any TaskExecutor)? { transport.executor }
  /// How many answers have come, and the shortest time that one took, in nanoseconds.
  let answers = Atomic<Int64>(0)
  let shortest = Atomic<Int64>(.max)
  /// The number of answers that is needed to know how fast a server is.
  private static let manyAnswers = 32

  public var shortestAnswer: Duration? {
    answers.load(ordering: .relaxed) < Self.manyAnswers ? nil : .nanoseconds(shortest.load(ordering: .relaxed))
  }

  public var copyForgets: Bool { lister.load(ordering: .relaxed) == .localStack }

  /// Throws `ConfigurationError.invalidSetting` when libcurl cannot be started.
  public init(_ configuration: S3Configuration) throws(ConfigurationError) {
    self.configuration = configuration
    builder = RequestBuilder(configuration)
    var options = ConnectionOptions(userAgent: configuration.userAgent)
    options.connectTimeout = configuration.deadlines.connect
    options.proxy = configuration.proxy
    options.certificateAuthorities = configuration.certificateAuthorities
    do throws(TransportFailure) {
      transport = try CurlTransport(options: options, maxConnections: configuration.maxConnections)
    } catch {
      throw .invalidSetting(name: "libcurl", reason: error.message)
    }
  }
}

extension S3Client {
  /// Sends a request, retrying as the policy allows, within the operation's deadline.
  ///
  /// - Parameter mayRetry: called after a failure; returns false when part of an answer has been passed on already.
  func send(
    _ request: S3Request, receiver: (any ResponseReceiver)? = nil, mayRetry: @Sendable () -> Bool = { true }
  ) async throws(S3Error) -> HTTPResponse {
    let payload = try await digest(request)
    let started = ContinuousClock.now
    let deadline = builder.deadline(of: request)
    let mayBeStarting = !hasAnswered.load(ordering: .relaxed)
    var attempt = 1
    while true {
      await builder.keeper.prepare(now: .now())
      let remaining = deadline.map { max(.zero, $0 - (.now - started)) }
      let (result, cause) = await attemptOnce(
        request, payload: payload, attempt: attempt, remaining: remaining, receiver: receiver)
      guard case .failure(var error) = result else { return try result.get() }
      error.isAfterUncertainTry = attempt > 1
      let delay = configuration.retry.delay(
        afterAttempt: attempt, cause: cause == .starting && !mayBeStarting ? .throttled : cause,
        safety: request.safety, random: .random(in: 0..<1))
      guard let delay, mayRetry(), deadline.map({ delay + (.now - started) < $0 }) ?? true else { throw error }
      do { try await Task.sleep(for: delay) } catch {
        throw S3Error(TransportFailure.cancelled, operation: request.subject)
      }
      attempt += 1
    }
  }

  private func digest(_ request: S3Request) async throws(S3Error) -> PayloadDigest {
    guard let body = request.body else { return .empty }
    guard let digest = await PayloadDigest.of(body, withMD5: request.checksum == .md5 || request.verifiesETag) else {
      throw S3Error(
        .integrityMismatch, message: "the file to upload could not be read, or is shorter than it was",
        operation: request.subject)
    }
    return digest
  }

  private func attemptOnce(
    _ request: S3Request, payload: PayloadDigest, attempt: Int, remaining: Duration?,
    receiver: (any ResponseReceiver)?
  ) async -> (Result<HTTPResponse, S3Error>, RetryCause) {
    let wire = builder.build(
      request, payload: payload, time: Timestamp.now().adding(seconds: clockOffset.load(ordering: .relaxed)),
      remaining: remaining)
    let started = ContinuousClock.now
    let outcome: (Result<HTTPResponse, S3Error>, RetryCause)
    var status: Int?
    var received: Int64 = 0
    do throws(TransportFailure) {
      let response = try await transport.send(wire, receiver: receiver)
      status = response.head.status
      answers.add(1, ordering: .relaxed)
      shortest.min((.now - started).inNanoseconds, ordering: .relaxed)
      if response.head.status < 500 { hasAnswered.store(true, ordering: .relaxed) }
      received = receiver == nil ? Int64(response.body.count) : response.head.contentLength ?? 0
      outcome = judge(response, request, payload)
    } catch {
      let failure = error.explained(for: configuration.endpoint, hasAnswered: hasAnswered.load(ordering: .relaxed))
      outcome = (.failure(S3Error(failure, operation: request.subject)), RetryCause(failure))
    }
    if let observer = configuration.observer {
      let error: S3Error? = if case .failure(let error) = outcome.0 { error } else { nil }
      observer(
        RequestEvent(
          operation: request.operation, bucket: request.bucket, attempt: attempt, duration: .now - started,
          status: status, error: error, bytesSent: request.body?.length ?? 0, bytesReceived: received))
    }
    return outcome
  }

  private func judge(
    _ response: HTTPResponse, _ request: S3Request, _ payload: PayloadDigest
  ) -> (Result<HTTPResponse, S3Error>, RetryCause) {
    if (200..<300).contains(response.head.status) {
      if let error = Self.otherBytes(response, request, payload) { return (.failure(error), .uncertain) }
      guard request.mayFailLate, let error = S3Error(lateIn: response, to: request) else {
        return (.success(response), .final)
      }
      return (.failure(error), RetryCause(error))
    }
    var error = S3Error(response, to: request)
    if response.head.status == 407, let proxy = configuration.proxy {
      error.code = .proxyFailed
      error.message = proxy.sentence("status 407: it asks for a user and a password")
    }
    // Refused before anything was done, for a reason that the next try does not have.
    if error.code == .requestTimeTooSkewed, correctClock(by: response.head) { return (.failure(error), .unreachable) }
    if error.isOfLoadingService(request) { return (.failure(error), .starting) }
    return (.failure(error), RetryCause(error))
  }

  /// Returns the error for an answer whose ETag is the MD5 of other bytes than those that were sent.
  private static func otherBytes(
    _ response: HTTPResponse, _ request: S3Request, _ payload: PayloadDigest
  ) -> S3Error? {
    let head = response.head
    guard request.verifiesETag, let md5 = payload.md5, let text = head["etag"], ETag(text).looksLikeMD5,
      // Encrypted with a key of KMS or of the client: then it is not an MD5.
      head["x-amz-server-side-encryption"] ?? "AES256" == "AES256",
      head["x-amz-server-side-encryption-customer-algorithm"] == nil, !ETag(text).isMD5(base64: md5)
    else { return nil }
    return S3Error(
      .integrityMismatch, status: head.status, message: "the server stored other bytes than were sent",
      operation: request.subject)
  }

  /// Signs with the server's time from now on. Returns false if the answer does not contain it, or it was known.
  private func correctClock(by head: ResponseHead) -> Bool {
    guard let time = head["date"].flatMap(Timestamp.init(httpDate:)) else { return false }
    let offset = time.seconds - Timestamp.now().seconds
    return abs(clockOffset.exchange(offset, ordering: .relaxed) - offset) > 30
  }
}

extension Duration {
  fileprivate var inNanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}

extension RetryCause {
  init(_ failure: TransportFailure) {
    switch failure.kind {
    case .unreachable: self = .unreachable
    case .brokenOff: self = .uncertain
    // A partial answer, or one that is not HTTP.
    case .malformed: self = .uncertain
    case .timedOut, .tls, .cancelled, .unreadableBody: self = .final
    }
  }

  init(_ error: S3Error) {
    switch error.code {
    case .slowDown, .conflict: self = .throttled
    case .internalError: self = .uncertain
    default: self = .final
    }
  }
}

extension S3Client {
  /// Returns how many seconds the server's clock is ahead of this machine's; nil if the answer has no date. Cost: one
  /// small request.
  public func clockLead() async throws(S3Error) -> Int64? {
    do throws(TransportFailure) {
      let response = try await transport.send(builder.unsigned(path: "/"))
      return response.head["date"].flatMap(Timestamp.init(httpDate:)).map { $0.seconds - Timestamp.now().seconds }
    } catch {
      throw S3Error(error, operation: "Time of \(configuration.endpoint)")
    }
  }
}

extension S3Client {
  private var serverProbe: ServerProbe {
    ServerProbe(builder: builder, transport: transport, endpoint: configuration.endpoint)
  }

  /// Identifies the server at the endpoint. Nothing depends on the answer but messages: any S3 will do. Throws
  /// `.connectionFailed`, `.timedOut` or `.tlsFailed` when no server answers. Cost: one to three small requests.
  public func probe() async throws(S3Error) -> ServerIdentity { try await serverProbe.identity() }

  /// Returns why the endpoint is not ready, or nil when it is: LocalStack's init scripts have run, and buckets are
  /// listed. Cost: one or two small requests.
  public func reasonToWait() async -> String? {
    if let reason = await serverProbe.reasonToWait() { return reason }
    do throws(S3Error) { _ = try await listBuckets() } catch { return error.description }
    return nil
  }
}

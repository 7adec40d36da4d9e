extension S3Client {
  /// Sends a request, trying again as the policy allows, within the operation's deadline.
  ///
  /// - Parameter mayRetry: asked after a failure; false when part of an answer has been handed on already.
  func send(
    _ request: S3Request, receiver: (any ResponseReceiver)? = nil, mayRetry: @Sendable () -> Bool = { true }
  ) async throws(S3Error) -> HTTPResponse {
    let payload = try await digest(request)
    let started = ContinuousClock.now
    let deadline = builder.deadline(of: request)
    var attempt = 1
    while true {
      let remaining = deadline.map { max(.zero, $0 - (.now - started)) }
      let (result, cause) = await attemptOnce(
        request, payload: payload, attempt: attempt, remaining: remaining, receiver: receiver)
      guard case .failure(let error) = result else { return try result.get() }
      let delay = configuration.retry.delay(
        afterAttempt: attempt, cause: cause, safety: request.safety, random: .random(in: 0..<1))
      guard let delay, mayRetry(), deadline.map({ delay + (.now - started) < $0 }) ?? true else { throw error }
      do { try await Task.sleep(for: delay) } catch {
        throw S3Error(TransportFailure.cancelled, operation: request.subject)
      }
      attempt += 1
    }
  }

  private func digest(_ request: S3Request) async throws(S3Error) -> PayloadDigest {
    guard let body = request.body else { return .empty }
    guard let digest = await PayloadDigest.of(body, withMD5: request.checksum == .md5) else {
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
    let wire = builder.build(request, payload: payload, time: .now(), remaining: remaining)
    let started = ContinuousClock.now
    let outcome: (Result<HTTPResponse, S3Error>, RetryCause)
    var status: Int?
    var received: Int64 = 0
    do throws(TransportFailure) {
      let response = try await transport.send(wire, receiver: receiver)
      status = response.head.status
      received = receiver == nil ? Int64(response.body.count) : response.head.contentLength ?? 0
      outcome = judge(response, request)
    } catch {
      outcome = (.failure(S3Error(error, operation: request.subject)), RetryCause(error))
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

  private func judge(_ response: HTTPResponse, _ request: S3Request) -> (Result<HTTPResponse, S3Error>, RetryCause) {
    if (200..<300).contains(response.head.status) {
      guard request.mayFailLate, let error = S3Error(lateIn: response, to: request) else {
        return (.success(response), .final)
      }
      return (.failure(error), RetryCause(error))
    }
    let error = S3Error(response, to: request)
    return (.failure(error), RetryCause(error))
  }
}

extension RetryCause {
  init(_ failure: TransportFailure) {
    switch failure.kind {
    case .unreachable: self = .unreachable
    case .brokenOff: self = .uncertain
    case .timedOut, .tls, .cancelled, .unreadableBody, .malformed: self = .final
    }
  }

  init(_ error: S3Error) {
    switch error.code {
    case .slowDown: self = .throttled
    case .internalError: self = .uncertain
    default: self = .final
    }
  }
}

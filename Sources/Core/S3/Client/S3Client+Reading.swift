extension S3Client {
  /// How often one GET is resumed after its transfer broke.
  static let maximumResumptions = 4

  @discardableResult
  public func getObject(
    _ reference: ObjectReference, range: Range<Int64>?, conditions: ReadConditions, versionID: String?,
    into sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    if let range, range.isEmpty { return try await readNothing(reference, conditions, versionID, sink) }
    var request = S3Request("GetObject", .get, reference)
    request.pace = .bulk
    if let versionID { request.ask("versionId", versionID) }
    var first = request
    first.apply(conditions)
    if let range { first.set("Range", Self.header(range)) }
    // The answer then contains the checksum of the whole object, if there is one and the whole is requested.
    if range.map({ $0.lowerBound == 0 }) ?? true { first.set("x-amz-checksum-mode", "ENABLED") }

    let receiver = GetReceiver(
      sink: sink, requested: range, expected: conditions.ifMatch, operation: request.subject,
      tagCount: { [tagCounts] in tagCounts.count(in: $0, isHead: false, namesVersion: versionID != nil) })
    var resumptions = 0
    var next = first
    while true {
      let answers = receiver.answers
      do {
        // Once an answer has begun, what is missing is left to another request.
        _ = try await send(next, receiver: receiver, mayRetry: { receiver.answers == answers })
      } catch {
        if let failure = receiver.failure { throw failure }
        // The server sent more than requested, and the transfer was ended.
        if error.code == .cancelled, let head = receiver.head, receiver.missing?.range.isEmpty ?? false { return head }
        guard error.code == .connectionFailed, receiver.answers > answers, resumptions < Self.maximumResumptions
        else { throw error }
      }
      guard let head = receiver.head, let missing = receiver.missing else {
        throw S3Error(.malformedResponse, message: "the answer has no body", operation: request.subject)
      }
      if missing.range.isEmpty { return head }
      guard resumptions < Self.maximumResumptions else {
        throw S3Error(.integrityMismatch, message: "the body ends too early", operation: request.subject)
      }
      resumptions += 1
      next = request
      next.set("Range", Self.header(missing.range))
      next.set("If-Match", missing.etag.quoted)
    }
  }

  /// Reads an empty range, which cannot be requested: the head alone is the answer.
  private func readNothing(
    _ reference: ObjectReference, _ conditions: ReadConditions, _ versionID: String?, _ sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    let head = try await headObject(reference, conditions: conditions, versionID: versionID)
    sink.begin(head)
    return head
  }

  private static func header(_ range: Range<Int64>) -> String { "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
}

extension S3Client {
  /// The longest that a presigned URL may be valid, in seconds: seven days.
  public static let longestPresignedValidity = 604_800

  public enum PresignedMethod: Sendable {
    case get, put
  }

  /// Returns a URL with which anyone may read (or write) this one object for `seconds` (1 ... 604,800), without
  /// credentials. `endpoint` is the server by another name, for clients that reach it otherwise. Cost: no request.
  public func presignedURL(
    _ method: PresignedMethod, _ reference: ObjectReference, expiresIn seconds: Int, versionID: String? = nil,
    endpoint: Endpoint? = nil
  ) -> String {
    var request = S3Request("Presign", method == .get ? .get : .put, reference)
    if let versionID { request.ask("versionId", versionID) }
    let validity = min(max(1, seconds), Self.longestPresignedValidity)
    return builder.presignedURL(request, expiresIn: validity, time: .now(), endpoint: endpoint)
  }

  public func presignedURL(
    _ reference: ObjectReference, versionID: String?, expiresIn seconds: Int, endpoint: String?
  ) throws(S3Error) -> String {
    var other: Endpoint?
    do throws(ConfigurationError) {
      other = try endpoint.map { text throws(ConfigurationError) in try Endpoint(text) }
    } catch {
      throw S3Error(.invalidRequest, message: error.description, operation: "Presign \(reference)")
    }
    return presignedURL(.get, reference, expiresIn: seconds, versionID: versionID, endpoint: other)
  }
}

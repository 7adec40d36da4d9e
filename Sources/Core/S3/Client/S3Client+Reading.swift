extension S3Client {
  /// How often one GET is taken up again after its transfer broke.
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
    // The answer then carries the checksum of the whole object, if there is one and all of it is asked for.
    if range.map({ $0.lowerBound == 0 }) ?? true { first.set("x-amz-checksum-mode", "ENABLED") }

    let receiver = GetReceiver(
      sink: sink, requested: range, expected: conditions.ifMatch, operation: request.subject)
    var resumptions = 0
    var next = first
    while true {
      let answers = receiver.answers
      do {
        // Once an answer has begun, what is missing is another request's business.
        _ = try await send(next, receiver: receiver, mayRetry: { receiver.answers == answers })
      } catch {
        if let failure = receiver.failure { throw failure }
        // The server sent more than was asked for, and the transfer was ended.
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

  /// An empty range cannot be asked for: the head alone is the answer.
  private func readNothing(
    _ reference: ObjectReference, _ conditions: ReadConditions, _ versionID: String?, _ sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    let head = try await headObject(reference, conditions: conditions, versionID: versionID)
    sink.begin(head)
    return head
  }

  private static func header(_ range: Range<Int64>) -> String { "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
}

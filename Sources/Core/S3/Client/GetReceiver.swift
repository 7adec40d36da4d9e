import Synchronization

/// Merges a GET's answers for the caller's sink: the sink receives one head and one unbroken run of bytes, even when a
/// broken transfer was resumed by a second request.
final class GetReceiver: ResponseReceiver {
  private struct State: ~Copyable {
    /// The head of the first answer.
    var head: ObjectHead?
    /// The object's bytes that the sink must receive.
    var range: Range<Int64> = 0..<0
    /// The sink's position in the object.
    var position: Int64 = 0
    var failure: S3Error?
    /// The check of a body that is the whole object.
    var check: BodyCheck?
    /// How many answers have been accepted.
    var answers = 0
  }

  private let sink: any BodySink
  private let requested: Range<Int64>?
  /// The version that was requested by If-Match, if it was.
  private let expected: ETag?
  private let operation: String
  private let tagCount: @Sendable (ResponseHead) -> Int?
  private let state = Mutex(State())

  /// - Parameter tagCount: receives the number of the object's tags from an answer (`TagCounts`).
  init(
    sink: any BodySink, requested: Range<Int64>?, expected: ETag?, operation: String,
    tagCount: @escaping @Sendable (ResponseHead) -> Int?
  ) {
    self.tagCount = tagCount
    self.sink = sink
    self.requested = requested
    self.expected = expected
    self.operation = operation
  }

  /// How many answers have been accepted: the first, and those that resumed it.
  var answers: Int { state.withLock { $0.answers } }
  /// Why an answer was rejected here; more specific than the transport's error.
  var failure: S3Error? { state.withLock { $0.failure } }

  /// The missing range, and the version it must come from; nil before the first head.
  var missing: (range: Range<Int64>, etag: ETag)? {
    state.withLock { state in
      state.head.map { (state.position..<state.range.upperBound, $0.etag) }
    }
  }

  var head: ObjectHead? { state.withLock { $0.head } }

  // MARK: On the I/O thread

  func begin(_ response: ResponseHead) -> BodyDestination {
    guard (200..<300).contains(response.status) else { return .collect }
    let first: ObjectHead?
    do throws(S3Error) {
      first = try answers > 0 ? continueWith(response) : open(response)
    } catch {
      state.withLock { $0.failure = error }
      return .abort
    }
    state.withLock { $0.answers += 1 }
    if let first { sink.begin(first) }
    return .receiver
  }

  func receive(_ bytes: RawSpan) -> Bool {
    // libcurl ends the body at Content-Length, which was checked against the range, unless more bytes arrive than
    // requested.
    let wanted = state.withLock { Int(clamping: $0.range.upperBound - $0.position) }
    guard wanted >= bytes.byteCount else {
      let first = bytes.extracting(first: wanted)
      guard isIntact(first), sink.receive(first) else { return false }
      state.withLock { $0.position += Int64(wanted) }
      // The rest is not needed: nothing is missing, which the caller sees.
      return false
    }
    guard isIntact(bytes), sink.receive(bytes) else { return false }
    state.withLock { $0.position += Int64(bytes.byteCount) }
    return true
  }

  /// Returns false when these are the last bytes, and the whole body does not match the checksum that the server
  /// stores. They are never passed on: a sink that received every byte received the right ones.
  private func isIntact(_ bytes: RawSpan) -> Bool {
    state.withLock { state in
      guard state.check != nil else { return true }
      state.check?.update(bytes)
      guard state.position + Int64(bytes.byteCount) == state.range.upperBound, let check = state.check.take() else {
        return true
      }
      if check.matches() { return true }
      state.failure = S3Error(
        .integrityMismatch, message: "the bytes received are not those of the object's checksum",
        operation: operation)
      return false
    }
  }

  private func open(_ response: ResponseHead) throws(S3Error) -> ObjectHead {
    var (range, size) = try extent(response)
    if let requested, response.status == 200, requested.lowerBound == 0 {
      // A server without support for ranges sends everything, which begins with what was requested.
      range = 0..<min(requested.upperBound, size)
    } else if let requested {
      guard response.status == 206, range.lowerBound == requested.lowerBound, range.upperBound <= requested.upperBound
      else { throw malformed("the server ignored the range", response) }
    }
    if let expected { try require(expected, in: response) }
    let head = try ObjectHead(response, size: size, tagCount: tagCount(response), operation: operation)
    state.withLock { state in
      state.head = head
      state.range = range
      state.check = range == 0..<size ? BodyCheck(response) : nil
      state.position = range.lowerBound
    }
    return head
  }

  private func continueWith(_ response: ResponseHead) throws(S3Error) -> ObjectHead? {
    let (range, _) = try extent(response)
    guard let missing, range == missing.range else {
      throw malformed("the server sent another range than the missing one", response)
    }
    try require(missing.etag, in: response)
    return nil
  }

  /// Requires the expected version. LocalStack was seen to compare If-Match with one version, and to send the one that
  /// replaced it meanwhile.
  private func require(_ etag: ETag, in response: ResponseHead) throws(S3Error) {
    guard ETag(response["etag"] ?? "") == etag else {
      throw S3Error(
        .preconditionFailed, status: response.status, message: "the object changed while it was read",
        operation: operation)
    }
  }

  /// Returns the part of the object that the answer contains, and the object's size.
  private func extent(_ response: ResponseHead) throws(S3Error) -> (Range<Int64>, Int64) {
    guard let length = response.contentLength else { throw malformed("the answer tells no length", response) }
    guard response.status == 206 else { return (0..<length, length) }
    guard let part = response.contentRange, Int64(part.range.count) == length else {
      throw malformed("Content-Range and Content-Length contradict each other", response)
    }
    return (part.range, part.size)
  }

  private func malformed(_ message: String, _ response: ResponseHead) -> S3Error {
    S3Error(.malformedResponse, status: response.status, message: message, operation: operation)
  }
}

/// Why an S3 operation failed: the kind of failure, and the server's message.
public struct S3Error: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Code: String, Hashable, Sendable, CaseIterable {
    // The object or bucket
    case noSuchKey, noSuchBucket, noSuchUpload, noSuchVersion
    case bucketAlreadyExists, bucketAlreadyOwnedByYou, bucketNotEmpty, invalidBucketName
    case keyTooLong, invalidRange, entityTooLarge, entityTooSmall, metadataTooLarge, invalidObjectState
    // Conditions
    case notModified, preconditionFailed
    /// Another request for the same key interfered (409): retry.
    case conflict
    // The identity of the caller
    case accessDenied, invalidCredentials, expiredCredentials, requestTimeTooSkewed, wrongRegion
    // The bytes
    case badDigest, integrityMismatch
    // The server and the way to it
    case slowDown, internalError, notImplemented, invalidRequest
    case timedOut, connectionFailed, tlsFailed, proxyFailed, malformedResponse, cancelled
    case other
  }

  public var code: Code
  /// The HTTP status, when there was an answer.
  public var status: Int?
  /// The server's own code, such as `NoSuchKey`; it may be missing (HEAD has no body).
  public var serverCode: String?
  /// In plain words; written by the client where the server sent none.
  public var message: String
  /// The S3 operation and its object, such as `GetObject s3://bucket/key`.
  public var operation: String
  public var requestID: String?
  /// Whether an earlier try of the same request may have been performed.
  public var isAfterUncertainTry = false

  public init(
    _ code: Code, status: Int? = nil, serverCode: String? = nil, message: String, operation: String,
    requestID: String? = nil
  ) {
    self.code = code
    self.status = status
    self.serverCode = serverCode
    self.message = message
    self.operation = operation
    self.requestID = requestID
  }

  /// Whether the server has not answered at all: requesting the same in another way would only wait once more.
  public var isWithoutAnswer: Bool {
    switch code {
    case .timedOut, .connectionFailed, .tlsFailed, .proxyFailed, .cancelled: true
    default: false
    }
  }

  /// Whether the server cannot answer about the object now: no answer, or one that it is out of order.
  public var isNoAnswerNow: Bool {
    code != .cancelled
      && (isWithoutAnswer || code == .internalError || code == .slowDown
        || (status ?? 0) >= 500 && code != .notImplemented)
  }

  public var description: String {
    let answer = [status.map(String.init), serverCode].compactMap { $0 }.joined(separator: " ")
    return answer.isEmpty ? "\(operation): \(message)" : "\(operation): \(message) (\(answer))"
  }
}

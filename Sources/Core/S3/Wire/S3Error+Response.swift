extension S3Error {
  /// Parses an unsuccessful answer. LocalStack may send no body, or one without a message; HEAD never has one.
  init(_ response: HTTPResponse, to request: S3Request) {
    let element = try? XMLElement.parse(response.body, root: "Error")
    self.init(element: element, head: response.head, request: request)
    if status == 400, serverCode == nil, Self.refusesPlainHTTP(response.body) {
      (code, message) = (.tlsFailed, TransportFailure.speaksTLS)
    }
  }

  /// Returns whether this is how nginx, Apache and programs in Go answer plain HTTP on a port for TLS.
  private static func refusesPlainHTTP(_ body: [UInt8]) -> Bool {
    let text = String(decoding: body.prefix(1000), as: UTF8.self).lowercased()
    return text.contains("plain http") || text.contains("http request to an https")
  }

  /// Parses an `<Error>` in an answer with status 200; nil when the body is the expected one.
  init?(lateIn response: HTTPResponse, to request: S3Request) {
    guard let element = try? XMLElement.parse(response.body), element.name == "Error" else { return nil }
    self.init(element: element, head: response.head, request: request)
  }

  private init(element: XMLElement?, head: ResponseHead, request: S3Request) {
    let serverCode = element?["Code"].flatMap { $0.isEmpty ? nil : $0 } ?? head["x-amz-error-code"]
    var code = serverCode.flatMap(Self.codes(server:)) ?? Self.code(status: head.status, request: request)
    var said = element?["Message"].flatMap { $0.isEmpty ? nil : $0 } ?? head["x-amz-error-message"]
    if head.status == 400, let sentence = Self.customerKey(code, said, request) {
      (code, said) = (.accessDenied, sentence)
    }
    var message = said ?? Self.standIn(code)
    if code == .wrongRegion, let region = head["x-amz-bucket-region"] { message += ": the bucket is in \(region)" }
    self.init(
      code, status: head.status, serverCode: serverCode, message: message, operation: request.subject,
      requestID: head["x-amz-request-id"])
  }

  /// Returns the message for an object that is encrypted with its owner's key: S3's answer to a GET says so; the one to
  /// a HEAD, which has no body, shows only that something is wrong with it.
  private static func customerKey(_ code: Code, _ said: String?, _ request: S3Request) -> String? {
    guard code == .invalidRequest || code == .other else { return nil }
    let sentence = "encrypted with a key of its owner's (SSE-C), which localstackmount does not have"
    if said?.contains("Server Side Encryption") == true { return "the object is \(sentence)" }
    return said == nil && request.operation == "HeadObject" ? "the object is probably \(sentence)" : nil
  }

  /// Parses an `<Error>` inside the answer of DeleteObjects.
  init(element: XMLElement, request: S3Request) {
    let serverCode = element["Code"] ?? ""
    let code = Self.codes(server: serverCode) ?? .other
    let said = element["Message"].flatMap { $0.isEmpty ? nil : $0 }
    self.init(code, serverCode: serverCode, message: said ?? Self.standIn(code), operation: request.subject)
  }

  init(_ failure: TransportFailure, operation: String) {
    let code: Code
    switch failure.kind {
    case _ where failure.isOfProxy: code = .proxyFailed
    case .unreachable, .brokenOff: code = .connectionFailed
    case .timedOut: code = .timedOut
    case .tls: code = .tlsFailed
    case .cancelled: code = .cancelled
    case .unreadableBody: code = .integrityMismatch
    case .malformed: code = .malformedResponse
    }
    self.init(code, message: failure.message, operation: operation)
  }

  init(malformed failure: XMLFailure, response: HTTPResponse, to request: S3Request) {
    self.init(
      .malformedResponse, status: response.head.status, message: "the answer cannot be read: \(failure.message)",
      operation: request.subject, requestID: response.head["x-amz-request-id"])
  }

  /// Maps S3's error codes ("Error responses", Amazon S3 API Reference) to ours.
  private static func codes(server code: String) -> Code? { table[code] }

  private static let table: [String: Code] = [
    "NoSuchKey": .noSuchKey, "NoSuchBucket": .noSuchBucket, "NoSuchUpload": .noSuchUpload,
    "NoSuchVersion": .noSuchVersion, "BucketAlreadyExists": .bucketAlreadyExists,
    "BucketAlreadyOwnedByYou": .bucketAlreadyOwnedByYou, "BucketNotEmpty": .bucketNotEmpty,
    "InvalidBucketName": .invalidBucketName, "KeyTooLongError": .keyTooLong, "InvalidRange": .invalidRange,
    "EntityTooLarge": .entityTooLarge, "EntityTooSmall": .entityTooSmall, "MetadataTooLarge": .metadataTooLarge,
    "InvalidObjectState": .invalidObjectState, "NotModified": .notModified,
    "PreconditionFailed": .preconditionFailed, "ConditionalRequestConflict": .conflict,
    "OperationAborted": .slowDown, "AccessDenied": .accessDenied, "AllAccessDisabled": .accessDenied,
    "AccountProblem": .accessDenied, "InvalidAccessKeyId": .invalidCredentials,
    "SignatureDoesNotMatch": .invalidCredentials, "InvalidToken": .invalidCredentials,
    "ExpiredToken": .expiredCredentials, "TokenRefreshRequired": .expiredCredentials,
    "RequestTimeTooSkewed": .requestTimeTooSkewed, "PermanentRedirect": .wrongRegion,
    "TemporaryRedirect": .wrongRegion, "Redirect": .wrongRegion, "AuthorizationHeaderMalformed": .wrongRegion,
    "IllegalLocationConstraintException": .wrongRegion, "BadDigest": .badDigest, "InvalidDigest": .badDigest,
    "XAmzContentSHA256Mismatch": .badDigest, "IncompleteBody": .badDigest, "SlowDown": .slowDown,
    "ServiceUnavailable": .slowDown, "Throttling": .slowDown, "RequestTimeout": .slowDown,
    "InternalError": .internalError, "NotImplemented": .notImplemented, "InvalidRequest": .invalidRequest,
    "InvalidArgument": .invalidRequest, "MalformedXML": .invalidRequest, "InvalidPart": .integrityMismatch,
    "InvalidPartOrder": .integrityMismatch, "InvalidTag": .invalidRequest, "BadRequest": .invalidRequest,
  ]

  /// Returns the meaning of a status without further information.
  private static func code(status: Int, request: S3Request) -> Code {
    switch status {
    case 301, 307, 308: .wrongRegion
    case 304: .notModified
    case 400: .invalidRequest
    case 401, 403: .accessDenied
    case 404:
      request.query.contains { $0.name == "uploadId" } ? .noSuchUpload : request.key == nil ? .noSuchBucket : .noSuchKey
    // GET or HEAD of a version that is a delete marker.
    case 405 where request.key != nil && (request.method == .get || request.method == .head): .noSuchKey
    case 405: .notImplemented
    case 409: .preconditionFailed
    case 412: .preconditionFailed
    case 413: .entityTooLarge
    case 416: .invalidRange
    case 429, 503: .slowDown
    case 501: .notImplemented
    case 500, 502, 504: .internalError
    default: .other
    }
  }

  private static func standIn(_ code: Code) -> String {
    switch code {
    case .noSuchKey: "the object does not exist"
    case .noSuchBucket: "the bucket does not exist"
    case .noSuchUpload: "the multipart upload does not exist"
    case .notModified: "the object has not changed"
    case .conflict: "another request for the same object came between"
    case .preconditionFailed: "the object is not the version that was expected"
    case .accessDenied: "access is denied"
    case .invalidRange: "the range begins at or past the object's end"
    case .slowDown: "the server asks to slow down"
    case .internalError: "the server failed"
    case .notImplemented: "the server does not support this"
    case .wrongRegion: "the bucket is in another region"
    case .invalidRequest: "the server refuses the request"
    default: "the server gave no reason"
    }
  }

  /// Returns whether this is how LocalStack answers while another request loads its S3 service: for a moment the
  /// service counts as loaded and has no operations yet. An answer to HEAD has no body that shows it; but no S3 lacks
  /// HEAD. For an operation that a server does not implement, the text is different there ("The API action … has not
  /// been implemented"), and on others the code is `NotImplemented`.
  func isOfLoadingService(_ request: S3Request) -> Bool {
    guard code == .notImplemented, status == 501 else { return false }
    if let serverCode { return serverCode == "InternalFailure" && message.hasPrefix("no handler for operation") }
    return request.method == .head
  }
}

import S3

extension FileSystemError {
  /// Converts an S3 failure to the file system's terms.
  init(_ error: S3Error) {
    let code: Code =
      switch error.code {
      case .noSuchKey, .noSuchBucket, .noSuchVersion: .notFound
      case .bucketAlreadyExists, .bucketAlreadyOwnedByYou: .alreadyExists
      case .bucketNotEmpty: .notEmpty
      case .invalidBucketName: .invalidName
      case .keyTooLong: .nameTooLong
      case .invalidRange: .invalidRange
      case .entityTooLarge: .tooLarge
      case .metadataTooLarge: .attributeTooLarge
      case .preconditionFailed, .notModified, .conflict: .preconditionFailed
      case .accessDenied, .invalidCredentials, .expiredCredentials, .requestTimeTooSkewed, .invalidObjectState:
        .accessDenied
      case .notImplemented: .unsupported
      case .timedOut: .timedOut
      case .cancelled: .interrupted
      case .invalidRequest: .invalidArgument
      case .noSuchUpload, .entityTooSmall, .wrongRegion, .badDigest, .integrityMismatch, .slowDown, .internalError,
        .connectionFailed, .tlsFailed, .proxyFailed, .malformedResponse, .other:
        .ioFailure
      }
    self.init(code, "\(error.operation): \(error.message)", cause: error)
  }

  /// Converts a failure while reading a version: if the object is another one now, or gone, the version is stale.
  init(reading error: S3Error) {
    self.init(error)
    switch error.code {
    case .preconditionFailed, .noSuchKey, .invalidRange:
      code = .stale
      message = "the object was replaced or deleted while it was read; open it again"
    default: break
    }
  }
}

/// Runs S3 calls and converts their failures to the file system's terms.
func mappingErrors<Result>(
  _ body: () async throws(S3Error) -> Result
) async throws(FileSystemError) -> Result {
  do throws(S3Error) { return try await body() } catch { throw FileSystemError(error) }
}

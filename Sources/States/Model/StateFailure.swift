package import S3

/// The reason why a command failed: one line for the user, and the exit code for scripts.
package struct StateFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The exit codes of the state commands. 0 is success, 1 a difference: neither is a failure.
  package enum Code: Int32, Sendable {
    /// Endpoint, disk or S3 refused; the directory cannot be read.
    case trouble = 2
    /// Refused for safety; possible with `--force`.
    case refused = 3
    /// The server does not support a required operation.
    case unsupported = 7
    case usage = 64
    case timedOut = 124
    case interrupted = 130
  }

  package let code: Code
  package let message: String
  /// The code of the failed S3 request.
  package var cause: S3Error.Code?
  /// Whether something is not any more as the caller knew it.
  package private(set) var isOutdated = false

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package init(outdated message: String) {
    self.init(.trouble, message)
    isOutdated = true
  }

  package static let interrupted = StateFailure(.interrupted, "interrupted")

  package var description: String { message }

  package init(_ error: S3Error) {
    switch error.code {
    case .cancelled: self = .interrupted
    case .notImplemented: self.init(.unsupported, "the server does not support what is needed: \(error)")
    case .tlsFailed, .proxyFailed: self.init(.trouble, error.sentence(about: "the endpoint"))
    default: self.init(.trouble, error.description)
    }
    cause = error.code
  }

  static func disk(_ what: String, _ path: String) -> StateFailure {
    StateFailure(.trouble, "cannot \(what) \(path): \(FileAccess.reason)")
  }
}

/// Runs S3 requests, and converts their errors to failures of the command.
func s3<Value: Sendable>(
  _ body: () async throws(S3Error) -> Value
) async throws(StateFailure) -> Value {
  do throws(S3Error) { return try await body() } catch { throw StateFailure(error) }
}

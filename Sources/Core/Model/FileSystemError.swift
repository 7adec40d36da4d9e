public import S3

/// Why a file-system operation failed, in the user's terms.
///
/// The one table of errors: each code stands beside its errno (for the mount) and its HTTP status (for the gateway).
public struct FileSystemError: Error, Sendable, CustomStringConvertible {
  public var code: Code
  /// What happened and, where something can be done, what to do. One sentence or two, no trailing newline.
  public var message: String
  /// The S3 failure beneath, if there was one.
  public var cause: S3Error?

  public init(_ code: Code, _ message: String, cause: S3Error? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { cause.map { "\(message) [\($0)]" } ?? message }
  /// What the mount answers.
  public var errno: Int32 { code.errno }
  /// What the gateway answers.
  public var httpStatus: Int { code.httpStatus }
}

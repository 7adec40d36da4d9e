private import Glibc
public import S3

/// Why a file-system operation failed, in the user's terms.
///
/// The only table of errors: it maps each code to its errno (for the mount) and its HTTP status (for the gateway).
public struct FileSystemError: Error, Sendable, CustomStringConvertible {
  public var code: Code
  /// What happened and, where something can be done, what to do. One or two sentences, no trailing newline.
  public var message: String
  /// The underlying S3 failure, if there was one.
  public var cause: S3Error?

  public init(_ code: Code, _ message: String, cause: S3Error? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { cause.map { "\(message) [\($0)]" } ?? message }
  /// The errno that the mount returns.
  public var errno: Int32 { code.errno }
  /// The status that the gateway returns.
  public var httpStatus: Int { code.httpStatus }
}

extension FileSystemError {
  /// Kinds of failure. Names follow POSIX's meaning where there is one.
  public enum Code: String, Sendable, CaseIterable {
    case notFound, alreadyExists, notEmpty, accessDenied, notPermitted, readOnly, invalidName, invalidArgument
    case nameTooLong, isDirectory, notDirectory, tooManyLinks
    case preconditionFailed, stale, tooLarge, unsupported, noSpace, timedOut, interrupted, ioFailure
    case noAttribute, attributeTooLarge, badHandle, crossDevice, busy, invalidRange, noData, noMemory
  }
}

extension FileSystemError.Code {
  /// The errno that the mount returns (POSIX, errno(3)).
  public var errno: Int32 { row.errno }
  /// The status that the gateway returns (RFC 9110, RFC 4918).
  public var httpStatus: Int { row.status }

  private var row: (errno: Int32, status: Int) {
    switch self {
    case .notFound: (ENOENT, 404)
    case .alreadyExists: (EEXIST, 409)
    case .notEmpty: (ENOTEMPTY, 409)
    case .accessDenied: (EACCES, 403)
    case .notPermitted: (EPERM, 403)
    case .readOnly: (EROFS, 403)
    case .invalidName: (EINVAL, 400)
    case .invalidArgument: (EINVAL, 400)
    case .nameTooLong: (ENAMETOOLONG, 414)
    case .isDirectory: (EISDIR, 409)
    case .notDirectory: (ENOTDIR, 409)
    case .tooManyLinks: (ELOOP, 409)
    // A write's condition failed: a caller of the mount did not set one, so it is an I/O error there.
    case .preconditionFailed: (EIO, 412)
    // The version being read is gone.
    case .stale: (ESTALE, 412)
    case .tooLarge: (EFBIG, 413)
    case .unsupported: (ENOTSUP, 501)
    case .noSpace: (ENOSPC, 507)
    case .timedOut: (ETIMEDOUT, 504)
    case .interrupted: (EINTR, 503)
    case .ioFailure: (EIO, 502)
    case .noAttribute: (ENODATA, 404)
    case .attributeTooLarge: (ENOSPC, 413)
    case .badHandle: (EBADF, 400)
    case .crossDevice: (EXDEV, 409)
    case .busy: (EBUSY, 409)
    // In Core a range past the end is an empty read; only HTTP returns 416.
    case .invalidRange: (EINVAL, 416)
    // lseek(2): no data or hole beyond the offset.
    case .noData: (ENXIO, 416)
    // opendir(3): more names than there is memory for.
    case .noMemory: (ENOMEM, 507)
    }
  }
}

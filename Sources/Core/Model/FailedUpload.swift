/// A file of this process whose upload S3 refused. Its bytes are kept, and the upload is retried.
public struct FailedUpload: Hashable, Sendable {
  public let path: ObjectPath
  /// The size of the whole file, in bytes.
  public let size: Int64
  /// Why S3 does not have it; nil during a retry.
  public let reason: String?
}

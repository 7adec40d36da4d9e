/// One request that was sent, for metrics and for tests that count requests. Each try is an event of its own.
public struct RequestEvent: Sendable {
  /// S3's name, such as `ListObjectsV2`.
  public let operation: String
  public let bucket: String?
  /// 1 for the first try.
  public let attempt: Int
  public let duration: Duration
  /// nil when no answer came.
  public let status: Int?
  /// nil when it succeeded.
  public let error: S3Error?
  /// Of the bodies, headers not counted.
  public let bytesSent: Int64
  public let bytesReceived: Int64
}

import S3

/// The description of an S3 endpoint.
public struct EndpointDescription: Sendable, CustomStringConvertible {
  public var url = ""
  public var region = ""
  /// "LocalStack 4.12.0", or "S3" where the server does not identify itself.
  public var server = "S3"

  public var description: String { "\(server) at \(url), region \(region)" }
}

/// One request that was sent to S3, for metrics.
public struct StoreRequest: Sendable {
  /// The S3 name, such as "GetObject".
  public var operation: String
  public var duration: Duration
  /// nil when there was no answer.
  public var status: Int?
  public var bytesSent: Int64
  public var bytesReceived: Int64

  init(_ event: RequestEvent) {
    operation = event.operation
    duration = event.duration
    status = event.status
    bytesSent = event.bytesSent
    bytesReceived = event.bytesReceived
  }
}

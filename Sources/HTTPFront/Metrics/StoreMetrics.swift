public import Core
import Synchronization

/// Counts the requests that go to S3, for /-/metrics.
public final class StoreMetrics: Sendable {
  private struct Series: Sendable {
    /// Counts by status; 0 means no answer.
    var statuses: [Int: Int64] = [:]
    var buckets = [Int64](repeating: 0, count: RequestMetrics.bounds.count)
    var seconds = 0.0
    var count: Int64 = 0

    mutating func add(status: Int, seconds time: Double) {
      statuses[status, default: 0] += 1
      for (index, bound) in RequestMetrics.bounds.enumerated() where time <= bound { buckets[index] += 1 }
      seconds += time
      count += 1
    }
  }

  private struct Inside: Sendable {
    var operations: [String: Series] = [:]
    var sent: Int64 = 0
    var received: Int64 = 0
  }

  private let inside = Mutex(Inside())

  public init() {}

  /// Counts one request; pass it to `FileSystem.connect` as `onRequest`.
  public func count(_ request: StoreRequest) {
    let seconds = request.duration / .seconds(1)
    inside.withLock { inside in
      inside.sent += request.bytesSent
      inside.received += request.bytesReceived
      inside.operations[request.operation, default: Series()].add(status: request.status ?? 0, seconds: seconds)
    }
  }

  var text: String {
    let now = inside.withLock { $0 }
    let operations = now.operations.sorted { $0.key < $1.key }
    let name = "localstackmount_s3_request"
    var text = "# HELP \(name)s_total Requests to S3 by operation and status (0: no answer).\n"
    text += "# TYPE \(name)s_total counter\n"
    for (operation, series) in operations {
      for (status, count) in series.statuses.sorted(by: { $0.key < $1.key }) {
        text += "\(name)s_total{operation=\"\(operation)\",status=\"\(status)\"} \(count)\n"
      }
    }
    text += "# HELP \(name)_duration_seconds How long S3 took.\n# TYPE \(name)_duration_seconds histogram\n"
    for (operation, series) in operations {
      for (bound, count) in zip(RequestMetrics.bounds, series.buckets) {
        text += "\(name)_duration_seconds_bucket{operation=\"\(operation)\",le=\"\(bound)\"} \(count)\n"
      }
      text += "\(name)_duration_seconds_bucket{operation=\"\(operation)\",le=\"+Inf\"} \(series.count)\n"
      text += "\(name)_duration_seconds_sum{operation=\"\(operation)\"} \(series.seconds)\n"
      text += "\(name)_duration_seconds_count{operation=\"\(operation)\"} \(series.count)\n"
    }
    for (direction, help, count) in [("sent", "sent to", now.sent), ("received", "received from", now.received)] {
      text += "# HELP localstackmount_s3_\(direction)_bytes_total Bytes of bodies \(help) S3.\n"
      text += "# TYPE localstackmount_s3_\(direction)_bytes_total counter\n"
      text += "localstackmount_s3_\(direction)_bytes_total \(count)\n"
    }
    return text
  }
}

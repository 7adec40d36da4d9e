import Synchronization

/// Counts requests for Prometheus (text format 0.0.4).
final class RequestMetrics: Sendable {
  private struct Series: Hashable {
    var method: String
    var status: Int
  }

  private struct Inside {
    var requests: [Series: Int64] = [:]
    var bytesIn: Int64 = 0
    var bytesOut: Int64 = 0
    var buckets = [Int64](repeating: 0, count: RequestMetrics.bounds.count)
    var seconds = 0.0
    var count: Int64 = 0
  }

  /// Upper bounds of the latency histogram, in seconds.
  static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]
  /// The methods with a series of their own. Others count as "OTHER", so that clients cannot create series.
  private static let methods: Set = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]

  private let inside = Mutex(Inside())

  func count(_ record: ExchangeRecord) {
    let method = Self.methods.contains(record.method) ? record.method : "OTHER"
    let seconds = record.duration / .seconds(1)
    inside.withLock { inside in
      inside.requests[Series(method: method, status: record.status), default: 0] += 1
      inside.bytesIn += record.bytesIn
      inside.bytesOut += record.bytesOut
      inside.seconds += seconds
      inside.count += 1
      for (index, bound) in Self.bounds.enumerated() where seconds <= bound { inside.buckets[index] += 1 }
    }
  }

  /// Returns the metrics' text.
  /// - Parameter inFlight: the number of requests in flight.
  func text(inFlight: Int) -> String {
    let now = inside.withLock { $0 }
    var text = "# HELP localstackmount_http_requests_total Requests by method and status (0: the client went away).\n"
    text += "# TYPE localstackmount_http_requests_total counter\n"
    for (series, count) in now.requests.sorted(by: { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) })
    {
      text += "localstackmount_http_requests_total{method=\"\(series.method)\",status=\"\(series.status)\"} \(count)\n"
    }
    text += "# HELP localstackmount_http_requests_in_flight Requests being answered now.\n"
    text +=
      "# TYPE localstackmount_http_requests_in_flight gauge\nlocalstackmount_http_requests_in_flight \(inFlight)\n"
    text += counter("received_bytes", "Bytes of request bodies.", now.bytesIn)
    text += counter("sent_bytes", "Bytes of response bodies.", now.bytesOut)
    text += "# HELP localstackmount_http_request_duration_seconds From the request's headers to its end.\n"
    text += "# TYPE localstackmount_http_request_duration_seconds histogram\n"
    for (bound, count) in zip(Self.bounds, now.buckets) {
      text += "localstackmount_http_request_duration_seconds_bucket{le=\"\(bound)\"} \(count)\n"
    }
    text += "localstackmount_http_request_duration_seconds_bucket{le=\"+Inf\"} \(now.count)\n"
    text += "localstackmount_http_request_duration_seconds_sum \(now.seconds)\n"
    text += "localstackmount_http_request_duration_seconds_count \(now.count)\n"
    return text
  }

  private func counter(_ name: String, _ help: String, _ value: Int64) -> String {
    let name = "localstackmount_http_\(name)_total"
    return "# HELP \(name) \(help)\n# TYPE \(name) counter\n\(name) \(value)\n"
  }
}

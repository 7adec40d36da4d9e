/// A request as it came in, before its body.
struct Request: Sendable {
  var method: String
  /// The request target exactly as sent: percent-encoded, with the query.
  var target: String
  var headers: Headers
  /// As in "HTTP/1.1".
  var version = "HTTP/1.1"
  /// Why its head is malformed, as a sentence.
  var flaw: String?

  init(method: String, target: String, headers: Headers = Headers()) {
    self.method = method
    self.target = target
    self.headers = headers
  }

  /// Whether a body follows the headers (RFC 9112 section 6.3).
  var hasBody: Bool {
    headers["Transfer-Encoding"] != nil || (headers["Content-Length"].map { $0.trimmed != "0" } ?? false)
  }

  var contentLength: Int64? { headers["Content-Length"].flatMap { Int64($0.trimmed) } }

  /// The client waits for 100 Continue before it sends the body, so that a refusal may come first.
  var expectsContinue: Bool { headers["Expect"]?.lowercasedASCII.trimmed == "100-continue" }

  var isRead: Bool { method == "GET" || method == "HEAD" }
}

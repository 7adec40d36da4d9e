/// A request's head.
struct Request: Sendable {
  var method: String
  /// The request target exactly as sent: percent-encoded, with the query.
  var target: String
  var headers: Headers
  /// The version, such as "HTTP/1.1".
  var version = "HTTP/1.1"
  /// The reason why its head is malformed, as a sentence; `nil` if it is well-formed.
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

  /// The host and port that the client addresses: of a target in the absolute form, else of the Host header (RFC 9112
  /// section 3.2.2).
  var authority: String? { Target.split(target).authority ?? headers["Host"]?.trimmed }

  var contentLength: Int64? { headers["Content-Length"].flatMap { Int64($0.trimmed) } }

  /// Whether the client waits for 100 Continue before it sends the body, so that a refusal can come first.
  var expectsContinue: Bool { headers["Expect"]?.lowercasedASCII.trimmed == "100-continue" }

  /// The query as sent, with its question mark; empty if there is none.
  var query: String { target.utf8.firstIndex(of: UInt8(ascii: "?")).map { String(target[$0...]) } ?? "" }

  var isRead: Bool { method == "GET" || method == "HEAD" }
}

/// Thrown if the client goes away, or the server stops, before the whole body has arrived.
struct ClientGone: Error, Sendable {}

/// The body of a request, as the handler reads it: the first call of `next` invites the client to send it.
struct RequestBody: Sendable {
  private let source: @Sendable () async throws(ClientGone) -> [UInt8]?

  init(_ source: @escaping @Sendable () async throws(ClientGone) -> [UInt8]?) { self.source = source }

  /// Returns the next bytes; `nil` at the end.
  func next() async throws(ClientGone) -> [UInt8]? { try await source() }

  /// Returns the whole body. Throws 413 if it has more than `limit` bytes.
  func collect(atMost limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try await next() {
      bytes += piece
      if bytes.count > limit { throw HTTPError(413, "The body of this request may have at most \(limit) bytes.") }
    }
    return bytes
  }
}

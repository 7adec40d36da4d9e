import Core

/// The answer to a request.
struct Response: Sendable {
  enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Bytes that live as long as the process.
    case asset(Asset)
    /// No bytes, with the Content-Length that GET would have.
    case length(Int64)
    /// A part of an object, sent from a file on disk.
    case kept(DiskCachePart)
    /// A part of an object, fetched while the client reads.
    case object(ObjectPart)
    /// Written by a task while the client reads.
    case stream(ResponseStream)
  }

  var status: Int
  var headers: Headers
  var body: Body
  /// Whether to close the connection, without reading the request's body or another request.
  var closesConnection = false

  init(_ status: Int, headers: Headers = Headers(), body: Body = .none) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Redirects to another place, with the same query.
  static func redirect(to path: ObjectPath, status: Int = 301, _ request: Request) -> Self {
    Self(status, headers: ["Location": path.urlPath + request.query])
  }

  static func text(_ status: Int, _ text: String, headers: Headers = Headers()) -> Self {
    .content(status, type: "text/plain; charset=utf-8", Array(text.utf8), headers: headers)
  }

  static func json(_ status: Int, _ value: JSON, headers: Headers = Headers()) -> Self {
    .content(status, type: "application/json", value.encoded + [0x0A], headers: headers)
  }

  static func content(_ status: Int, type: String, _ bytes: [UInt8], headers: Headers = Headers()) -> Self {
    var headers = headers
    headers.add("Content-Type", type)
    return Self(status, headers: headers, body: .bytes(bytes))
  }
}

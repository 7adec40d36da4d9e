/// Why no whole answer came.
struct TransportFailure: Error, Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// No connection was made, so the server has seen nothing of the request.
    case unreachable
    /// The connection broke after the request had begun.
    case brokenOff
    case timedOut
    case tls
    case cancelled
    /// The request's body could not be read.
    case unreadableBody
    /// The answer is not HTTP, or larger than any sensible answer.
    case malformed
  }

  var kind: Kind
  var message: String
}

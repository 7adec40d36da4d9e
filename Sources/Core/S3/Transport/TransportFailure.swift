import CCurl

/// Why no whole answer arrived.
struct TransportFailure: Error, Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// No connection was made, so the server has received nothing of the request.
    case unreachable
    /// The connection broke after the request had begun.
    case brokenOff
    case timedOut
    case tls
    case cancelled
    /// The request's body could not be read.
    case unreadableBody
    /// The answer is not HTTP, or larger than any reasonable answer.
    case malformed
  }

  var kind: Kind
  var message: String
  /// Whether the proxy did not lead to the endpoint; the message then names it.
  var isOfProxy = false
}

extension TransportFailure {
  /// Converts libcurl's result (libcurl-errors(3)).
  init(curl code: CURLcode, message: String) {
    switch code {
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY:
      kind = .unreachable
    case CURLE_OPERATION_TIMEDOUT: kind = .timedOut
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED:
      kind = .tls
    case CURLE_ABORTED_BY_CALLBACK, CURLE_WRITE_ERROR: kind = .cancelled
    case CURLE_READ_ERROR: kind = .unreadableBody
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT, CURLE_WEIRD_SERVER_REPLY: kind = .malformed
    default: kind = .brokenOff
    }
    self.message = message
  }

  /// Returns the failure as the proxy's, if the transfer did not get past it.
  func blaming(_ proxy: Proxy) -> TransportFailure {
    let isOfProxy =
      switch kind {
      case .unreachable: true
      // Once there is a connection, the server behind the proxy may be as slow.
      case .timedOut: !message.hasPrefix("Operation timed out")
      // The proxy's answer to the request for a connection (https).
      default: message.contains("CONNECT")
      }
    guard isOfProxy else { return self }
    return TransportFailure(kind: kind, message: proxy.sentence(message), isOfProxy: true)
  }

  static let speaksTLS = "the server seems to speak TLS, not plain HTTP"

  /// Returns the failure with a hint, if it may be that of a server which speaks TLS and was addressed in plain HTTP.
  /// After the first answer it is not: then a connection that ends without one has another cause.
  func explained(for endpoint: Endpoint, hasAnswered: Bool) -> TransportFailure {
    guard endpoint.scheme == .http, !hasAnswered, !isOfProxy else { return self }
    if kind == .malformed, message.contains("HTTP/0.9") {
      return TransportFailure(kind: .tls, message: Self.speaksTLS)
    }
    guard kind == .brokenOff else { return self }
    return TransportFailure(
      kind: kind, message: "\(message); if it speaks TLS, begin the endpoint with https://")
  }
}

extension S3Error {
  /// Returns the fault and the remedy, in one sentence, for an endpoint that does not answer, or does not list its
  /// buckets. `place` names the endpoint as the user knows it.
  public func sentence(about place: String) -> String {
    switch code {
    case .proxyFailed: return "no connection to \(place): \(message)"
    case .tlsFailed where message == TransportFailure.speaksTLS:
      return "no connection to \(place) (\(message)): begin the endpoint with https://"
    case .tlsFailed: return "no TLS connection to \(place) (\(message)): \(remedyForTLS)"
    case _ where isWithoutAnswer:
      return "nothing answers at \(place) (\(message)): start LocalStack, or name another --endpoint"
    case _ where isOfCredentials:
      return "\(place) refuses the credentials (\(serverCode ?? message)): check AWS_ACCESS_KEY_ID and "
        + "AWS_SECRET_ACCESS_KEY, or name a --profile"
    case _ where serverCode != nil || isNoAnswerNow: return "\(place) does not list its buckets: \(description)"
    default:
      return "\(place) answers, but not as S3 does (\(description)): name the endpoint of S3 with --endpoint"
    }
  }

  /// Whether S3 refused the caller. Another server may answer 403, too, but without a code of S3.
  public var isOfCredentials: Bool {
    serverCode != nil && [.accessDenied, .invalidCredentials, .expiredCredentials].contains(code)
  }

  /// The remedy after a failed handshake, by the message of libcurl and OpenSSL.
  var remedyForTLS: String {
    let plain = ["wrong version number", "packet length too long", "http request"]
    if plain.contains(where: message.contains) {
      return "if the server speaks plain HTTP, begin the endpoint with http://"
    }
    if message.contains("subject name") { return "name the host as the certificate does" }
    return "set AWS_CA_BUNDLE to a PEM file with the certificate of the authority that signed the server's"
  }
}

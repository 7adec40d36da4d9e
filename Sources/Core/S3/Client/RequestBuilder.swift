/// Encodes an `S3Request` as HTTP: URL, headers, signature.
struct RequestBuilder: Sendable {
  private let endpoint: Endpoint
  private let addressing: S3Configuration.Addressing
  private let deadlines: Deadlines
  /// The credentials, which are renewed if needed before a request is built (`S3Client.send`).
  let keeper: CredentialKeeper

  init(_ configuration: S3Configuration) {
    endpoint = configuration.endpoint
    addressing = configuration.addressing
    deadlines = configuration.deadlines
    keeper = CredentialKeeper(
      configuration.credentials, region: configuration.region, process: configuration.credentialProcess)
  }

  /// Returns the signed request, with at most `remaining` of its deadline left.
  func build(_ request: S3Request, payload: PayloadDigest, time: Timestamp, remaining: Duration?) -> HTTPRequest {
    let date = SigningDate(time)
    let current = keeper.current
    let (host, path, sentPath) = place(of: request, at: endpoint)
    let query = QueryItem.canonical(request.query)
    var headers = request.headers
    headers.append(HeaderField(name: "Host", value: host))
    headers.append(HeaderField(name: "x-amz-content-sha256", value: payload.hexadecimal))
    headers.append(HeaderField(name: "x-amz-date", value: date.stamp))
    switch request.checksum {
    case .sha256: headers.append(HeaderField(name: "x-amz-checksum-sha256", value: payload.base64))
    case .md5: if let md5 = payload.md5 { headers.append(HeaderField(name: "Content-MD5", value: md5)) }
    case nil: break
    }
    if let token = current.credentials.sessionToken {
      headers.append(HeaderField(name: "x-amz-security-token", value: token))
    }
    let signer = RequestSigner(accessKeyID: current.credentials.accessKeyID, key: current.keys.key(for: date))
    let authorization = signer.authorization(
      method: request.method.rawValue, path: path, query: query, headers: headers, payloadHash: payload.hexadecimal,
      date: date)
    headers.append(HeaderField(name: "Authorization", value: authorization))
    let url = "\(endpoint.scheme.rawValue)://\(host)\(sentPath)\(query.isEmpty ? "" : "?")\(query)"
    return HTTPRequest(
      method: request.method, url: url, headers: headers, body: request.body, limits: limits(request, remaining))
  }

  /// Returns a URL that contains its own signature, valid for `seconds`, at `other` if the server has another name.
  func presignedURL(
    _ request: S3Request, expiresIn seconds: Int, time: Timestamp, endpoint other: Endpoint? = nil
  ) -> String {
    let endpoint = other ?? endpoint
    let date = SigningDate(time)
    let (host, path, sentPath) = place(of: request, at: endpoint)
    let (credentials, keys) = (keeper.current.credentials, keeper.current.keys)
    let signer = RequestSigner(accessKeyID: credentials.accessKeyID, key: keys.key(for: date))
    let query = signer.presignedQuery(
      method: request.method.rawValue, path: path, query: request.query, host: host, expiresIn: seconds,
      sessionToken: credentials.sessionToken, date: date)
    return "\(endpoint.scheme.rawValue)://\(host)\(sentPath)?\(query)"
  }

  /// Returns a GET of a path beside the buckets, such as a health check.
  func unsigned(path: String) -> HTTPRequest {
    HTTPRequest(
      method: .get, url: "\(endpoint.scheme.rawValue)://\(endpoint.authority)\(path)", headers: [], body: nil,
      limits: TransferLimits(total: deadlines.request, stall: deadlines.request, isBulk: false))
  }

  /// Returns the time limit of the whole operation; nil if progress limits it instead.
  func deadline(of request: S3Request) -> Duration? {
    switch request.pace {
    case .small: deadlines.request
    case .serverWork: deadlines.serverWork
    case .bulk: nil
    }
  }

  private func limits(_ request: S3Request, _ remaining: Duration?) -> TransferLimits {
    let isBulk = if case .bulk = request.pace { true } else { false }
    return TransferLimits(total: remaining, stall: remaining ?? deadlines.stall, isBulk: isBulk)
  }

  /// Returns the authority, the path to sign, and the path to send.
  ///
  /// They differ for keys that consist of slashes: LocalStack mistakes `PUT /bucket//` for CreateBucket, and `DELETE
  /// /bucket//` for DeleteBucket. Such a key is sent as `%2F`; servers sign what they have decoded.
  private func place(of request: S3Request, at endpoint: Endpoint) -> (host: String, signed: String, sent: String) {
    let key = request.key.map { PercentEncoding.encode($0.string, keepsSlash: true) }
    guard let bucket = request.bucket else {
      let path = "\(endpoint.basePath)/"
      return (endpoint.authority, path, path)
    }
    let (host, base) =
      switch addressing {
      case .path: (endpoint.authority, "\(endpoint.basePath)/\(PercentEncoding.encode(bucket))")
      case .virtualHost: ("\(bucket).\(endpoint.authority)", endpoint.basePath)
      }
    guard let key else {
      let path = addressing == .virtualHost ? "\(base)/" : base
      return (host, path, path)
    }
    let sent = key.utf8.allSatisfy { $0 == UInt8(ascii: "/") } ? PercentEncoding.encode(key) : key
    return (host, "\(base)/\(key)", "\(base)/\(sent)")
  }
}

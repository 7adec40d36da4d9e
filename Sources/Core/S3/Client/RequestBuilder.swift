import Glibc

/// Turns an `S3Request` into the bytes of HTTP: URL, headers, signature.
struct RequestBuilder: Sendable {
  private let endpoint: Endpoint
  private let addressing: S3Configuration.Addressing
  private let deadlines: Deadlines
  private let credentials: Credentials
  private let keys: SigningKeyCache

  init(_ configuration: S3Configuration) {
    endpoint = configuration.endpoint
    addressing = configuration.addressing
    deadlines = configuration.deadlines
    credentials = configuration.credentials
    keys = SigningKeyCache(secret: configuration.credentials.secretAccessKey, region: configuration.region)
  }

  /// The signed request, at most `remaining` of its deadline left.
  func build(_ request: S3Request, payload: PayloadDigest, time: Timestamp, remaining: Duration?) -> HTTPRequest {
    let date = SigningDate(time)
    let (host, path) = place(of: request, at: endpoint)
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
    if let token = credentials.sessionToken { headers.append(HeaderField(name: "x-amz-security-token", value: token)) }
    let signer = RequestSigner(accessKeyID: credentials.accessKeyID, key: keys.key(for: date))
    let authorization = signer.authorization(
      method: request.method.rawValue, path: path, query: query, headers: headers, payloadHash: payload.hexadecimal,
      date: date)
    headers.append(HeaderField(name: "Authorization", value: authorization))
    let url = "\(endpoint.scheme.rawValue)://\(host)\(path)\(query.isEmpty ? "" : "?")\(query)"
    return HTTPRequest(
      method: request.method, url: url, headers: headers, body: request.body, limits: limits(request, remaining))
  }

  /// A URL that carries its own signature, valid for `seconds`, at `other` if the server has another name.
  func presignedURL(
    _ request: S3Request, expiresIn seconds: Int, time: Timestamp, endpoint other: Endpoint? = nil
  ) -> String {
    let endpoint = other ?? endpoint
    let date = SigningDate(time)
    let (host, path) = place(of: request, at: endpoint)
    let signer = RequestSigner(accessKeyID: credentials.accessKeyID, key: keys.key(for: date))
    let query = signer.presignedQuery(
      method: request.method.rawValue, path: path, query: request.query, host: host, expiresIn: seconds,
      sessionToken: credentials.sessionToken, date: date)
    return "\(endpoint.scheme.rawValue)://\(host)\(path)?\(query)"
  }

  /// A GET of a path beside the buckets, such as a health check.
  func unsigned(path: String) -> HTTPRequest {
    HTTPRequest(
      method: .get, url: "\(endpoint.scheme.rawValue)://\(endpoint.authority)\(path)", headers: [], body: nil,
      limits: TransferLimits(total: deadlines.request, stall: deadlines.request, isBulk: false))
  }

  /// The whole operation's bound; nil where progress bounds it instead.
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

  /// The authority and the encoded path.
  private func place(of request: S3Request, at endpoint: Endpoint) -> (host: String, path: String) {
    let key = request.key.map { PercentEncoding.encode($0.string, keepsSlash: true) }
    guard let bucket = request.bucket else { return (endpoint.authority, "\(endpoint.basePath)/") }
    switch addressing {
    case .path:
      let encoded = PercentEncoding.encode(bucket)
      return (endpoint.authority, "\(endpoint.basePath)/\(encoded)\(key.map { "/\($0)" } ?? "")")
    case .virtualHost:
      return ("\(bucket).\(endpoint.authority)", "\(endpoint.basePath)/\(key ?? "")")
    }
  }
}

extension Timestamp {
  /// The system's clock.
  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }
}

import Core

/// Decides which requests are allowed. Pure: the same request always gets the same verdict.
struct AccessPolicy: Sendable {
  /// Host names under which clients may address the gateway; `nil` if it listens on more than loopback, where they are
  /// unknown.
  var hosts: Set<String>?
  var credentials: BasicCredentials?
  /// The users of `--auth-file`.
  var passwords: PasswordFile?
  /// Other sites whose pages may send any request (`--cors`): scheme, host and port, as browsers send them.
  var allowedOrigins: Set<String> = []
  var readOnly = false

  /// Checks the host and the credentials of a request. Throws the answer to a request that is not allowed.
  func check(_ request: Request) throws(HTTPError) {
    try checkHost(request)
    try checkCredentials(request)
  }

  /// Checks, in addition, a request that would change something.
  func checkChange(_ request: Request) throws(HTTPError) {
    try checkOrigin(request)
    if readOnly { throw HTTPError(403, "This gateway is read-only (--read-only).") }
  }

  /// Limits the URL and all headers together, in bytes. The memory of a connection (`Daemon.connectionMemory`) has room
  /// for both, and for the head of the answer.
  private static let largestHead = 16 << 10
  private static let mostHeaders = 200

  /// Refuses requests that two readers could understand differently, and closes their connections (RFC 9112 section 6).
  static func checkForm(_ request: Request) throws(HTTPError) {
    if let flaw = request.flaw { throw .ambiguous(400, flaw) }
    if request.target.utf8.count > largestHead { throw .ambiguous(414, "The URL has more than 16 KiB.") }
    let lines = request.headers.fields
    let size = lines.reduce(request.target.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    guard lines.count <= mostHeaders, size <= largestHead else {
      throw .ambiguous(431, "URL and headers have more than 16 KiB, or there are more than \(mostHeaders) headers.")
    }
    let lengths = request.headers.all("Content-Length")
    guard lengths.count <= 1, lengths.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { throw .ambiguous(400, "Content-Length must be one number.") }
    // To libmicrohttpd the largest number means "unknown".
    if let length = lengths.first, Int64(length) == nil {
      throw .ambiguous(413, "Content-Length is larger than anything that can be stored.")
    }
    let codings = request.headers.all("Transfer-Encoding")
    if !codings.isEmpty {
      if !lengths.isEmpty { throw .ambiguous(400, "Content-Length and Transfer-Encoding exclude each other.") }
      if request.version != "HTTP/1.1" { throw .ambiguous(400, "Transfer-Encoding needs HTTP/1.1.") }
      guard codings.count == 1, codings[0].lowercasedASCII == "chunked" else {
        throw .ambiguous(501, "The only transfer coding known here is chunked.")
      }
    }
    let hosts = request.headers.all("Host")
    if hosts.count > 1 { throw .ambiguous(400, "More than one Host header.") }
    if hosts.isEmpty, request.version == "HTTP/1.1" { throw .ambiguous(400, "HTTP/1.1 needs a Host header.") }
  }

  /// Refuses DNS rebinding: a page whose name was re-pointed at this machine still sends its own name as Host.
  private func checkHost(_ request: Request) throws(HTTPError) {
    guard let hosts else { return }
    // A browser always sends a Host; HTTP/1.0 tools may not. If the target has a host of its own, both must be ours: a
    // proxy in between may have used either.
    for host in [request.headers["Host"], request.authority] {
      guard let host, !hosts.contains(Self.withoutPort(host).lowercasedASCII) else { continue }
      throw HTTPError(
        421, "This gateway listens on loopback and answers to localhost only, not to the Host that was sent.")
    }
  }

  private func checkCredentials(_ request: Request) throws(HTTPError) {
    guard let credentials else { return }
    guard credentials.matches(authorization: request.headers["Authorization"]) else { throw Self.unauthorized }
  }

  private static var unauthorized: HTTPError {
    HTTPError(
      401, "This gateway needs a user name and a password (curl -u user:password).",
      headers: ["WWW-Authenticate": "Basic realm=\"localstackmount\", charset=\"UTF-8\""])
  }

  /// Checks the password against `--auth-file`, which takes time. Throws 401.
  func authenticate(_ request: Request) async throws(HTTPError) {
    guard let passwords else { return }
    guard let given = BasicCredentials.pair(request.headers["Authorization"]), await passwords.matches(given) else {
      throw Self.unauthorized
    }
  }

  /// Returns the origin of a request's page, if `--cors` names it.
  func allowedOrigin(of request: Request) -> String? {
    guard let origin = request.headers["Origin"]?.trimmed.lowercasedASCII, allowedOrigins.contains(origin) else {
      return nil
    }
    return origin
  }

  /// Refuses changes by pages of other sites. Browsers send where a request comes from; curl and scripts do not.
  private func checkOrigin(_ request: Request) throws(HTTPError) {
    if allowedOrigin(of: request) != nil { return }
    let site = request.headers["Sec-Fetch-Site"]?.trimmed.lowercasedASCII
    let foreignSite = site.map { $0 != "same-origin" && $0 != "none" } ?? false
    let foreignOrigin = request.headers["Origin"].map { origin in
      guard let host = request.authority?.lowercasedASCII else { return true }
      let origin = origin.trimmed.lowercasedASCII
      return origin != "http://\(host)" && origin != "https://\(host)"
    }
    if foreignSite || foreignOrigin == true {
      throw HTTPError(403, "A page of another site may not change anything here.")
    }
  }

  /// Returns the host of an authority; all of it where the rest is not a port.
  static func withoutPort(_ authority: String) -> String {
    let authority = authority.trimmed
    let isBracketed = authority.utf8.first == UInt8(ascii: "[")
    let afterBracket = authority.utf8.firstIndex(of: UInt8(ascii: "]")).map { authority.utf8.index(after: $0) }
    let end =
      isBracketed ? afterBracket : authority.utf8.firstIndex(of: UInt8(ascii: ":"))
    guard let end, end < authority.endIndex, authority.utf8[end] == UInt8(ascii: ":"),
      authority[end...].utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
    else { return authority }
    return String(authority[..<end])
  }
}

extension AccessPolicy {
  /// - Parameter isReadOnly: whether the file system is read-only anyway.
  init(_ options: HTTPServerOptions, isReadOnly: Bool) {
    self.init(
      hosts: options.listen.isLoopback ? Self.loopbackNames(options.listen) : nil,
      credentials: options.credentials.map { BasicCredentials(user: $0.user, password: $0.password) },
      passwords: options.passwords, allowedOrigins: Set(options.allowedOrigins.map(\.lowercasedASCII)),
      readOnly: options.readOnly || isReadOnly)
  }

  private static func loopbackNames(_ address: ListenAddress) -> Set<String> {
    var names: Set = ["localhost", "127.0.0.1", "[::1]"]
    if let host = address.host { names.insert(host.contains(":") ? "[\(host)]" : host.lowercasedASCII) }
    return names
  }

  /// Answers a browser's preflight, which comes without credentials before a page of another site sends more than a form.
  /// Returns `nil` for other requests.
  func preflight(_ request: Request) -> Response? {
    guard request.method == "OPTIONS", allowedOrigin(of: request) != nil,
      request.headers["Access-Control-Request-Method"] != nil
    else { return nil }
    var headers: Headers = [
      "Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE", "Access-Control-Max-Age": "600",
    ]
    headers.add("Access-Control-Allow-Headers", request.headers.joined("Access-Control-Request-Headers"))
    return Response(204, headers: headers)
  }
}

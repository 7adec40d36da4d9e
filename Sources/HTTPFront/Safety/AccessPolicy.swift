/// Who may ask for what. Pure: the same request always gets the same verdict.
struct AccessPolicy: Sendable {
  /// Names under which we may be addressed; nil when bound to more than loopback, where we cannot know them.
  var hosts: Set<String>?
  var credentials: BasicCredentials?
  /// Of `--auth-file`.
  var passwords: PasswordFile?
  /// Other sites whose pages may do everything (`--cors`): scheme, host and port, as browsers send them.
  var allowedOrigins: Set<String> = []
  var readOnly = false

  /// Of every request. Throws what is to be answered instead.
  func check(_ request: Request) throws(Refusal) {
    try checkForm(request)
    try checkHost(request)
    try checkCredentials(request)
  }

  /// Besides, of a request that would change something.
  func checkChange(_ request: Request) throws(Refusal) {
    try checkOrigin(request)
    if readOnly { throw Refusal(403, "This gateway is read-only (--read-only).") }
  }

  /// Requests of which two readers could think differently.
  private func checkForm(_ request: Request) throws(Refusal) {
    let lengths = request.headers.all("Content-Length")
    if lengths.count > 1 || lengths.contains(where: { !$0.trimmed.utf8.allSatisfy { (0x30...0x39).contains($0) } }) {
      throw Refusal(400, "Content-Length must be one number.")
    }
    if let coding = request.headers.joined("Transfer-Encoding") {
      if !lengths.isEmpty { throw Refusal(400, "Content-Length and Transfer-Encoding exclude each other.") }
      if coding.trimmed.lowercasedASCII != "chunked" {
        throw Refusal(501, "The only transfer coding known here is chunked.")
      }
    }
    if request.headers.all("Host").count > 1 { throw Refusal(400, "More than one Host header.") }
  }

  /// A page elsewhere whose name was re-pointed at this machine (DNS rebinding) still sends its own name.
  private func checkHost(_ request: Request) throws(Refusal) {
    // A browser always sends one; HTTP/1.0 tools may not.
    guard let hosts, let host = request.headers["Host"] else { return }
    if !hosts.contains(Self.withoutPort(host).lowercasedASCII) {
      throw Refusal(
        421, "This gateway listens on loopback and answers to localhost only, not to the Host that was sent.")
    }
  }

  private func checkCredentials(_ request: Request) throws(Refusal) {
    guard let credentials else { return }
    guard credentials.matches(authorization: request.headers["Authorization"]) else { throw Self.unauthorized }
  }

  private static var unauthorized: Refusal {
    Refusal(
      401, "This gateway needs a user name and a password (curl -u user:password).",
      headers: ["WWW-Authenticate": "Basic realm=\"localstackmount\", charset=\"UTF-8\""])
  }

  /// Checks what takes time to check. Throws 401.
  func authenticate(_ request: Request) async throws(Refusal) {
    guard let passwords else { return }
    guard let given = BasicCredentials.pair(request.headers["Authorization"]), await passwords.matches(given) else {
      throw Self.unauthorized
    }
  }

  /// The origin of a request's page, if it is one that `--cors` names.
  func allowedOrigin(of request: Request) -> String? {
    guard let origin = request.headers["Origin"]?.trimmed.lowercasedASCII, allowedOrigins.contains(origin) else {
      return nil
    }
    return origin
  }

  /// Browsers tell where a request comes from; curl and scripts send neither header.
  private func checkOrigin(_ request: Request) throws(Refusal) {
    if allowedOrigin(of: request) != nil { return }
    let site = request.headers["Sec-Fetch-Site"]?.trimmed.lowercasedASCII
    let foreignSite = site.map { $0 != "same-origin" && $0 != "none" } ?? false
    let foreignOrigin = request.headers["Origin"].map { origin in
      guard let host = request.headers["Host"]?.trimmed.lowercasedASCII else { return true }
      let origin = origin.trimmed.lowercasedASCII
      return origin != "http://\(host)" && origin != "https://\(host)"
    }
    if foreignSite || foreignOrigin == true {
      throw Refusal(403, "A page of another site may not change anything here.")
    }
  }

  static func withoutPort(_ host: String) -> String {
    let host = host.trimmed
    if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
    return String(host.prefix { $0 != ":" })
  }
}

import Core

/// Finds the endpoint of a request. Refuses unknown parts of requests that change something, instead of ignoring them:
/// the client means something other than what would be done.
enum Router {
  /// The endpoint of a request, before its query is checked: unauthorized clients learn nothing about the query.
  struct Choice: Sendable {
    let endpoint: HTTPEndpoint?
    private let call: Call?
    private let known: (any Action)?

    fileprivate init(_ action: some Action) { (endpoint, call, known) = (nil, nil, action) }
    fileprivate init(_ endpoint: HTTPEndpoint, _ call: Call) {
      (self.endpoint, self.call, known) = (endpoint, call, nil)
    }

    var isMutating: Bool { endpoint?.isMutating ?? false }

    /// Parses the rest of the request. Throws for a query, or headers, that the endpoint does not know.
    func action() throws(HTTPError) -> any Action {
      guard let endpoint, let call else { return known ?? AnswerOptions(allow: "") }
      try Router.check(call, for: endpoint)
      return try endpoint.action(call)
    }
  }

  static func action(of request: Request) throws(HTTPError) -> any Action { try choose(request).action() }

  static func choose(_ request: Request) throws(HTTPError) -> Choice {
    if request.target == "*" { return Choice(AnswerOptions(allow: allowed { _ in true })) }
    guard let target = Target(request.target) else {
      throw HTTPError(400, "The URL has a malformed percent-escape, or its bytes are not UTF-8.")
    }
    let isOwn = target.path == "/-" || target.path.hasPrefix("/-/")
    guard let path = isOwn ? .root : ObjectPath(urlPath: target.path) else {
      throw HTTPError(400, "A URL path is /bucket/key; this one has an empty bucket name.")
    }
    let isHere: (HTTPEndpoint) -> Bool =
      isOwn
      ? { $0.places.contains { $0.isOwn(target.path) } } : { $0.places.contains(HTTPEndpoint.Place(path)) }
    if isOwn, !HTTPEndpoint.all.contains(where: isHere) { throw unknownOwn(request, target) }
    if request.method == "OPTIONS" { return Choice(AnswerOptions(allow: allowed(isHere))) }
    let call = Call(request: request, target: target, path: path)
    if !request.isRead, let item = target.query.first(where: \.isMalformed) { throw malformed(item.name) }
    if !isOwn { try S3Dialect.check(call) }
    return Choice(try endpoint(for: call, isOwn: isOwn, isHere), call)
  }

  private static func unknownOwn(_ request: Request, _ target: Target) -> HTTPError {
    guard request.isRead || request.method == "OPTIONS" else {
      let sentence = "Of what is below /-/ only snapshots can be changed."
      return HTTPError(405, sentence, headers: ["Allow": "GET, HEAD, OPTIONS"])
    }
    return HTTPError(
      404, "There is no \(target.path); below /-/ are health, ready, unsaved, metrics, snapshots and openapi.json.")
  }

  // MARK: The endpoint

  private static let methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]

  /// Returns the methods of some endpoints, as `Allow` names them.
  private static func allowed(_ isHere: (HTTPEndpoint) -> Bool) -> String {
    let here = HTTPEndpoint.all.filter(isHere)
    return (methods.filter { method in here.contains { $0.isFor(method) } } + ["OPTIONS"]).joined(separator: ", ")
  }

  private static func endpoint(
    for call: Call, isOwn: Bool, _ isHere: (HTTPEndpoint) -> Bool
  ) throws(HTTPError) -> HTTPEndpoint {
    let method = call.request.method
    // Most requests have no query.
    if call.target.query.isEmpty, let chosen = HTTPEndpoint.plain[method]?.first(where: isHere) { return chosen }
    // Below /-/ a query has no meaning, and no other place's verbs are there.
    let ofMethod = HTTPEndpoint.all.filter { $0.isFor(method) && (!isOwn || isHere($0)) }
    let place = call.placeWords
    let verbs = Set(ofMethod.filter { $0.isNamed(in: call.target) }.compactMap(\.verb))
    if let verb = verbs.sorted().first {
      guard verbs.count == 1 else {
        throw HTTPError(400, "\(verbs.sorted().map { "?\($0)" }.joined(separator: " and ")) exclude each other.")
      }
      if let chosen = ofMethod.first(where: { $0.verb == verb && isHere($0) }) { return chosen }
      let elsewhere = ofMethod.first { $0.verb == verb }?.elsewhere
      var refusal = HTTPError(elsewhere?.status ?? 400, elsewhere?.sentence ?? "")
      if refusal.status == 405 { refusal.headers.add("Allow", allowed(isHere)) }
      throw refusal
    }
    if let chosen = ofMethod.first(where: { $0.verb == nil && isHere($0) }) { return chosen }
    let here = ofMethod.filter(isHere)
    guard !here.isEmpty else {
      throw HTTPError(
        405, "\(method) is not for \(place): \(allowed(isHere)) are.", headers: ["Allow": allowed(isHere)])
    }
    let verbsHere = here.compactMap(\.verb).map { "?\($0)" }.joined(separator: ", ")
    throw HTTPError(
      call.path.isRoot ? 409 : 400,
      call.path.isRoot
        ? "The root holds buckets only: upload into a bucket. \(method) here takes \(verbsHere)."
        : "\(method) to \(place) needs one of \(verbsHere); PUT stores its contents.")
  }

  // MARK: The query

  /// Throws 400 for parts that the endpoint does not know. Reading ignores unknown ones, such as a number to bypass a
  /// cache, but not a known part that is malformed, or belongs to another method or verb.
  fileprivate static func check(_ call: Call, for endpoint: HTTPEndpoint) throws(HTTPError) {
    for item in call.target.query where call.isOwn || item.name != S3Dialect.operationName {
      let isKnown = endpoint.names.contains(item.name)
      if isKnown, item.isMalformed { throw malformed(item.name) }
      if isKnown, !endpoint.repeatable.contains(item.name),
        call.target.query.count(where: { $0.name == item.name }) > 1
      {
        throw HTTPError(400, "?\(item.name) occurs twice in the URL.")
      }
      guard !isKnown else { continue }
      let isDependent = !call.isOwn && HTTPEndpoint.dependentOptions.contains(item.name)
      let others = HTTPEndpoint.all.filter {
        $0.names.contains(item.name) && (isDependent && call.request.isRead || !$0.isFor(call.request.method))
      }
      let isVerbOfChange = others.contains { $0.verb == item.name && $0.isMutating }
      guard
        endpoint.isMutating || endpoint.isStrict || isDependent || isVerbOfChange && !isReadable(item.name)
      else { continue }
      let title = call.request.method + (endpoint.verb.map { " ?\($0)" } ?? "")
      let hint = others.isEmpty ? "" : " It belongs to \(Set(others.map(\.title)).sorted().joined(separator: ", "))."
      throw HTTPError(
        400,
        "?\(item.name) is not known to \(title) of \(call.placeWords); nothing was done.\(hint)")
    }
    if let verb = endpoint.flag, try !call.flag(verb) {
      throw HTTPError(400, "?\(verb) is selected by its name: omit it, or its value.")
    }
    if call.request.method == "DELETE", call.request.hasBody {
      // A list of names, perhaps: all would be deleted instead.
      throw HTTPError(400, "DELETE takes no body; nothing was deleted.")
    }
    if endpoint.isMutating, !endpoint.takesBody, call.request.hasBody {
      throw HTTPError(400, "\(endpoint.title) of \(call.placeWords) takes no body; nothing was done.")
    }
    if endpoint.isMutating { try S3Dialect.checkHeaders(call.request, of: endpoint) }
  }

  private static func malformed(_ name: String) -> HTTPError {
    HTTPError(400, "?\(name) has a malformed percent-escape, or its bytes are not UTF-8.")
  }

  /// Returns whether GET knows the name, for any place.
  private static func isReadable(_ name: String) -> Bool {
    HTTPEndpoint.all.contains { $0.isFor("GET") && $0.names.contains(name) }
  }
}

/// Names the methods that a place takes.
struct AnswerOptions: Action {
  let allow: String

  func answer(in context: ActionContext) -> Response { Response(204, headers: ["Allow": allow]) }
}

import Core
import Logging

/// Answers every HTTP request: checks it against the access policy, routes it, and has its action answer it.
final class Gateway: ExchangeHandler {
  private let fileSystem: FileSystem
  private let pathPrefix: String
  private let accessLog: AccessLog?
  private let policy: AccessPolicy
  private let requests = RequestMetrics()
  private let log = Logger(label: "http")
  private let parts: GatewayParts

  init(fileSystem: FileSystem, options: HTTPServerOptions, live: LiveExchanges) {
    pathPrefix = options.pathPrefix
    accessLog = options.accessLog
    self.fileSystem = fileSystem
    policy = AccessPolicy(options, isReadOnly: fileSystem.options.readOnly)
    parts = GatewayParts(
      fileSystem: fileSystem, options: options, pages: PageSettings(policy, footer: options.pageFooter), live: live,
      requests: requests)
  }

  /// Answers at once what needs neither S3 nor the request's body: refusals, and objects in memory.
  func respond(to request: Request) -> ExchangeAnswer {
    guard !pathPrefix.isEmpty else { return considered(request) }
    return URLPrefix.$current.withValue(pathPrefix) { considered(request) }
  }

  private func considered(_ request: Request) -> ExchangeAnswer {
    do {
      try AccessPolicy.checkForm(request)
      if let preflight = policy.preflight(request) { return .now(finished(preflight, request)) }
      // Authorize first, so that unauthorized clients cannot probe endpoints.
      try policy.check(request)
      if policy.passwords != nil { return later(request) { try await self.authenticated(request, $0) } }
      let (own, action) = try routed(request)
      if let read = action as? Read {
        let reads = ReadHandler(fileSystem: fileSystem)
        let reader = reads.readerInMemory(of: read.path, own)
        if let reader, let response = try reads.readAtOnce(reader, own) { return .now(finished(response, request)) }
        return later(request, on: fileSystem.briefExecutor) { _ in try await reads.read(read.path, own, by: reader) }
      }
      let isBrief = action.isBrief(bodyLength: own.contentLength)
      return later(request, on: isBrief ? fileSystem.briefExecutor : nil) {
        try await self.answer(action, own, $0)
      }
    } catch {
      return .now(finished(refusal(of: error, to: request), request))
    }
  }

  var pause: Duration? { fileSystem.options.ttl == nil ? fileSystem.pause : nil }

  /// Checks the password, which takes too long for libmicrohttpd's thread, then answers.
  private func authenticated(_ request: Request, _ body: RequestBody) async throws -> Response {
    try await policy.authenticate(request)
    let (own, action) = try routed(request)
    return try await answer(action, own, body)
  }

  /// Has an action answer its request. A request that changes something is answered when the mount's caches and watchers
  /// have the change.
  private func answer(_ action: any Action, _ request: Request, _ body: RequestBody) async throws -> Response {
    if let directory = action.directory {
      // Only a part of a bucket may be shown: its names are those of another directory, where they can be requested.
      let shown = fileSystem.byKey.shownDirectory(of: directory)
      guard shown == directory else { return .redirect(to: shown, status: 307, request) }
    }
    var context = ActionContext(parts: parts, request: request, body: body)
    guard let subject = action.subject else { return try await action.answer(in: context) }
    context.condition = try await PlaceChecks(fileSystem: fileSystem).condition(of: subject, request)
    let response = try await action.answer(in: context)
    await fileSystem.changes.changesAreShown()
    return response
  }

  /// Returns the request without the path prefix, and its action.
  private func routed(_ request: Request) throws(HTTPError) -> (Request, any Action) {
    let own = try request.without(pathPrefix: pathPrefix)
    // Even where conditions have no effect: a malformed one may have been meant to forbid something.
    _ = try Preconditions(own.headers)
    let choice = try Router.choose(own)
    if choice.isMutating { try policy.checkChange(own) }
    return (own, try choice.action())
  }

  private func later(
    _ request: Request, on executor: (any TaskExecutor)? = nil,
    _ answer: @escaping @Sendable (RequestBody) async throws -> Response
  ) -> ExchangeAnswer {
    .later(
      ExchangeWork(executor: executor) { [self] body in
        await URLPrefix.$current.withValue(pathPrefix) {
          do { return finished(try await answer(body), request) } catch {
            return finished(refusal(of: error, to: request), request)
          }
        }
      })
  }

  private func finished(_ response: Response, _ request: Request) -> Response {
    var response = response
    if let origin = policy.allowedOrigin(of: request) { response.headers.addCrossOriginPolicy(for: origin) }
    // Even without an origin: a cache must not give this answer to a page of another site.
    if !policy.allowedOrigins.isEmpty { response.headers.add("Vary", "Origin") }
    return response.compressed(for: request)
  }

  // MARK: Failures

  private func refusal(of error: any Error, to request: Request) -> Response {
    switch error {
    case let refusal as HTTPError: answer(refusal, to: request)
    case let error as FileSystemError: answer(HTTPError(error), to: request)
    // The client is gone and does not read the answer.
    default: .text(400, "The request ended before its body did; nothing was stored.\n")
    }
  }

  private func answer(_ refusal: HTTPError, to request: Request) -> Response {
    refusal.response(accept: request.headers.joined("Accept"), at: place(of: request), in: PageLanguage(request))
  }

  /// Returns the place that a request's URL names; `nil` if it names none in a bucket.
  private func place(of request: Request) -> ObjectPath? {
    guard let own = try? request.without(pathPrefix: pathPrefix), let target = Target(own.target),
      !target.path.hasPrefix("/-/")
    else { return nil }
    return ObjectPath(urlPath: target.path)
  }

  // MARK: Records

  var recordsClients: Bool { accessLog != nil }

  func ended(_ record: ExchangeRecord) {
    requests.count(record)
    accessLog?.write(record)
    log.debug(
      "request",
      metadata: [
        "method": "\(record.method)", "target": "\(record.target)", "status": "\(record.status)",
        "in": "\(record.bytesIn)", "out": "\(record.bytesOut)", "took": "\(record.duration)",
      ])
  }
}

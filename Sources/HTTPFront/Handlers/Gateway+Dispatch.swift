import Core
import Logging

/// Answers every request: checks it, routes it, and lets the handler of its route do it.
extension Gateway: ExchangeHandler {
  /// What needs neither S3 nor the request's body is answered at once: refusals, and objects that are in memory.
  func respond(to request: Request) -> ExchangeAnswer {
    guard !options.pathPrefix.isEmpty else { return considered(request) }
    return URLPrefix.$current.withValue(options.pathPrefix) { considered(request) }
  }

  private func considered(_ request: Request) -> ExchangeAnswer {
    do {
      try AccessPolicy.checkForm(request)
      if let preflight = preflight(request) { return .now(finished(preflight, request)) }
      // The policy first: who may not ask learns nothing of what routes there are.
      try policy.check(request)
      if policy.passwords != nil { return later(request) { try await authenticated(request, $0) } }
      let (own, route) = try routed(request)
      if case .read(let path) = route {
        let reader = readerInMemory(of: path, own)
        if let reader, let response = try readAtOnce(reader, own) { return .now(finished(response, request)) }
        return later(request, on: fileSystem.briefExecutor) { _ in try await read(path, own, by: reader) }
      }
      let isBrief = route.isBrief(bodyLength: own.contentLength)
      return later(request, on: isBrief ? fileSystem.briefExecutor : nil) { try await answer(route, own, $0) }
    } catch {
      return .now(finished(refusal(of: error, to: request), request))
    }
  }

  /// To check a password takes time.
  private func authenticated(_ request: Request, _ body: RequestBody) async throws -> Response {
    try await policy.authenticate(request)
    let (own, route) = try routed(request)
    return try await answer(route, own, body)
  }

  func later(
    _ request: Request, on executor: (any TaskExecutor)? = nil,
    _ answer: @escaping @Sendable (RequestBody) async throws -> Response
  ) -> ExchangeAnswer {
    .later(
      ExchangeWork(executor: executor) { body in
        await URLPrefix.$current.withValue(options.pathPrefix) {
          do { return finished(try await answer(body), request) } catch {
            return finished(refusal(of: error, to: request), request)
          }
        }
      })
  }

  func finished(_ response: Response, _ request: Request) -> Response {
    var response = response
    if let origin = policy.allowedOrigin(of: request) { response.headers.addCrossOriginPolicy(for: origin) }
    // Also without an origin: a cache must not give that answer to a page that has one.
    if !policy.allowedOrigins.isEmpty { response.headers.add("Vary", "Origin") }
    return response.compressed(for: request)
  }

  private func answer(_ refusal: HTTPError, to request: Request) -> Response {
    refusal.response(accept: request.headers.joined("Accept"), at: place(of: request), in: PageLanguage(request))
  }

  func refusal(of error: any Error, to request: Request) -> Response {
    switch error {
    case let refusal as HTTPError: answer(refusal, to: request)
    case let error as FileSystemError: answer(HTTPError(error), to: request)
    // Nobody is there to read it.
    default: .text(400, "The request ended before its body did; nothing was stored.\n")
    }
  }

  /// What a request's URL names; nil where that is nothing in a bucket.
  private func place(of request: Request) -> ObjectPath? {
    guard let own = try? request.without(pathPrefix: options.pathPrefix), let target = Target(own.target),
      !target.path.hasPrefix("/-/")
    else { return nil }
    return ObjectPath(urlPath: target.path)
  }

  /// What a request asks for, and the request in our own terms: without what stands before our paths.
  private func routed(_ request: Request) throws(HTTPError) -> (Request, Route) {
    let own = try request.without(pathPrefix: options.pathPrefix)
    let choice = try Router.choose(own)
    if choice.isMutating { try policy.checkChange(own) }
    return (own, try choice.route())
  }

  private func answer(_ route: Route, _ request: Request, _ body: RequestBody) async throws -> Response {
    guard let subject = route.subject else { return try await perform(route, request, body) }
    let condition = try await condition(of: subject, request)
    let response = try await change(route, on: condition, request, body)
    await fileSystem.changesAreShown()
    return response
  }

  /// Routes that change something.
  private func change(
    _ route: Route, on condition: WriteCondition, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    switch route {
    case .change(let path, let replacesAll):
      return try await change(path, replacesAll: replacesAll, on: condition, body)
    case .configure(let path): return try await configure(path, body)
    case .unpack(let path, let format): return try await unpack(into: path, format, on: condition, body)
    case .restore(let path, let version): return try await restore(path, version: version, on: condition)
    case .put(let path, let keepsDetails):
      return try await put(path, keepsDetails: keepsDetails, on: condition, request, body)
    case .makeDirectory(let path): return try await makeDirectory(path, request, body)
    case .delete(let path, let recursive): return try await delete(path, recursive: recursive, on: condition)
    case .deleteVersion(let path, let version): return try await deleteVersion(path, version)
    case .relocate(let path, let destination, let removesSource, let replaces):
      return try await relocate(
        path, to: destination, removesSource: removesSource, replaces: replaces, on: condition, request)
    case .upload(let path): return try await upload(into: path, on: condition, request, body)
    case .makeNamed(let path, let name):
      return try await makeNamed(in: path, name: name, on: condition, request, body)
    case .formDelete(let path, let recursive):
      return try await formDelete(path, recursive: recursive, on: condition)
    default: return try await perform(route, request, body)
    }
  }

  private func perform(_ route: Route, _ request: Request, _ body: RequestBody) async throws -> Response {
    switch route {
    case .list(let path, let format): return try await list(path, format, request)
    case .search(let path, let wanted, let format): return try await search(path, wanted, format, request)
    case .read(let path): return try await read(path, request, by: nil)
    case .inspect(let path): return try await inspect(path, request)
    case .archive(let path, let format): return try await archive(path, format)
    case .archiveChosen(let path, let format): return try await archiveChosen(path, format, body)
    case .watch(let path, let deep): return try await watch(path, deep: deep)
    case .wait(let path, let wish): return try await wait(for: path, wish, request)
    case .versions(let path): return try await versions(of: path)
    case .deleted(let path): return try await deleted(below: path)
    case .readVersion(let path, let version): return try await read(path, version: version, request)
    case .presign(let path, let seconds, let host): return try await presign(path, seconds: seconds, host: host)
    case .health: return await health()
    case .ready: return await ready()
    case .unsaved: return unsaved()
    case .metrics: return metricsText()
    case .openAPI:
      let headers: Headers = ["Content-Type": Asset.openAPI.type, "Cache-Control": "no-cache"]
      return Response(200, headers: headers, body: .asset(.openAPI))
    case .asset(let version, let name): return try asset(version: version, name: name, request)
    case .snapshot(let wanted): return try await snapshot(wanted, request)
    case .options(let allow): return Response(204, headers: ["Allow": allow])
    case .redirect(let location): return Response(301, headers: ["Location": location])
    case .change, .configure, .unpack, .restore, .put, .makeDirectory, .delete, .deleteVersion, .relocate, .upload,
      .makeNamed,
      .formDelete:
      return try await change(route, on: .none, request, body)
    }
  }

  /// A browser asks before it lets a page of another site send more than forms; it sends no credentials then.
  private func preflight(_ request: Request) -> Response? {
    guard request.method == "OPTIONS", policy.allowedOrigin(of: request) != nil,
      request.headers["Access-Control-Request-Method"] != nil
    else { return nil }
    var headers: Headers = [
      "Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE", "Access-Control-Max-Age": "600",
    ]
    headers.add("Access-Control-Allow-Headers", request.headers.joined("Access-Control-Request-Headers"))
    return Response(204, headers: headers)
  }

  var recordsClients: Bool { options.accessLog != nil }

  func ended(_ record: ExchangeRecord) {
    metrics.count(record)
    options.accessLog?.write(record)
    log.debug(
      "request",
      metadata: [
        "method": "\(record.method)", "target": "\(record.target)", "status": "\(record.status)",
        "in": "\(record.bytesIn)", "out": "\(record.bytesOut)", "took": "\(record.duration)",
      ])
  }
}

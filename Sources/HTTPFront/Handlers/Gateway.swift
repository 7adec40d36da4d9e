import Core
import Logging

/// Answers every request: checks it, routes it, and lets the handler of its route do it.
struct Gateway: ExchangeHandler {
  let fileSystem: FileSystem
  let options: HTTPServerOptions
  let policy: AccessPolicy
  let metrics = RequestMetrics()
  let endpointHealth: EndpointHealth
  let live: LiveExchanges
  private let log = Logger(label: "http")

  init(fileSystem: FileSystem, options: HTTPServerOptions, live: LiveExchanges) {
    self.live = live
    self.fileSystem = fileSystem
    self.options = options
    endpointHealth = EndpointHealth { () async throws(FileSystemError) in try await fileSystem.checkEndpoint() }
    policy = AccessPolicy(
      hosts: options.listen.isLoopback ? Self.loopbackNames(options.listen) : nil,
      credentials: options.credentials.map { BasicCredentials(user: $0.user, password: $0.password) },
      passwords: options.passwords, allowedOrigins: Set(options.allowedOrigins.map(\.lowercasedASCII)),
      readOnly: options.readOnly || fileSystem.options.readOnly)
  }

  private static func loopbackNames(_ address: ListenAddress) -> Set<String> {
    var names: Set = ["localhost", "127.0.0.1", "[::1]"]
    if let host = address.host { names.insert(host.contains(":") ? "[\(host)]" : host.lowercasedASCII) }
    return names
  }

  /// What needs neither S3 nor the request's body is answered at once: refusals, and objects that are in memory.
  func respond(to request: Request) -> ExchangeAnswer {
    guard !options.pathPrefix.isEmpty else { return considered(request) }
    return URLPrefix.$current.withValue(options.pathPrefix) { considered(request) }
  }

  private func considered(_ request: Request) -> ExchangeAnswer {
    if let preflight = preflight(request) { return .now(finished(preflight, request)) }
    do {
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

  private func later(
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

  private func finished(_ response: Response, _ request: Request) -> Response {
    var response = response
    if let origin = policy.allowedOrigin(of: request) { response.headers.addCrossOriginPolicy(for: origin) }
    return response.compressed(for: request)
  }

  private func refusal(of error: any Error, to request: Request) -> Response {
    switch error {
    case let refusal as Refusal: refusal.response(accept: request.headers.joined("Accept"), at: place(of: request))
    case let error as FileSystemError:
      Refusal(error).response(accept: request.headers.joined("Accept"), at: place(of: request))
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
  private func routed(_ request: Request) throws(Refusal) -> (Request, Route) {
    let own = try request.without(pathPrefix: options.pathPrefix)
    let route = try Router.route(own)
    if route.isMutating { try policy.checkChange(own) }
    return (own, route)
  }

  private func answer(_ route: Route, _ request: Request, _ body: RequestBody) async throws -> Response {
    let response = try await perform(route, request, body)
    if route.isMutating { await fileSystem.changesAreShown() }
    return response
  }

  private func perform(_ route: Route, _ request: Request, _ body: RequestBody) async throws -> Response {
    switch route {
    case .list(let path, let format): return try await list(path, format, request)
    case .search(let path, let wanted, let format): return try await search(path, wanted, format, request)
    case .read(let path): return try await read(path, request, by: nil)
    case .inspect(let path): return try await inspect(path, request)
    case .change(let path): return try await change(path, request, body)
    case .archive(let path, let format): return try await archive(path, format)
    case .archiveChosen(let path, let format): return try await archiveChosen(path, format, body)
    case .unpack(let path, let format): return try await unpack(into: path, format, request, body)
    case .watch(let path, let deep): return try await watch(path, deep: deep)
    case .wait(let path, let limit): return try await wait(for: path, atMost: limit, request)
    case .versions(let path): return try await versions(of: path)
    case .readVersion(let path, let version): return try await read(path, version: version, request)
    case .restore(let path, let version): return try await restore(path, version: version)
    case .presign(let path, let seconds, let host): return try await presign(path, seconds: seconds, host: host)
    case .put(let path): return try await put(path, request, body)
    case .makeDirectory(let path): return try await makeDirectory(path, request, body)
    case .delete(let path, let recursive): return try await delete(path, recursive: recursive, request)
    case .relocate(let path, let destination, let removesSource, let replaces):
      return try await relocate(path, to: destination, removesSource: removesSource, replaces: replaces, request)
    case .upload(let path): return try await upload(into: path, request, body)
    case .makeNamed(let path, let name): return try await makeNamed(in: path, name: name, request, body)
    case .formDelete(let path, let recursive): return try await formDelete(path, recursive: recursive, request)
    case .health: return await health()
    case .ready: return await ready()
    case .unsaved: return unsaved()
    case .metrics: return metricsText()
    case .openAPI:
      let headers: Headers = ["Content-Type": Asset.openAPI.type, "Cache-Control": "no-cache"]
      return Response(200, headers: headers, body: .asset(.openAPI))
    case .asset(let version, let name): return try asset(version: version, name: name, request)
    case .options(let allow): return Response(204, headers: ["Allow": allow])
    case .redirect(let location): return Response(301, headers: ["Location": location])
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

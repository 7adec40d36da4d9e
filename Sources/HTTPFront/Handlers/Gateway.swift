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

  func respond(to request: Request, body: RequestBody) async -> Response {
    await URLPrefix.$current.withValue(options.pathPrefix) {
      var response = await answered(request, body)
      if let origin = policy.allowedOrigin(of: request) { response.headers.addCrossOriginPolicy(for: origin) }
      return response.compressed(for: request)
    }
  }

  private func answered(_ request: Request, _ body: RequestBody) async -> Response {
    do {
      return try await answer(request, body)
    } catch let refusal as Refusal {
      return refusal.response(accept: request.headers.joined("Accept"), at: place(of: request))
    } catch let error as FileSystemError {
      return Refusal(error).response(accept: request.headers.joined("Accept"), at: place(of: request))
    } catch {
      // Nobody is there to read it.
      return .text(400, "The request ended before its body did; nothing was stored.\n")
    }
  }

  /// What a request's URL names; nil where that is nothing in a bucket.
  private func place(of request: Request) -> ObjectPath? {
    guard let own = try? request.without(pathPrefix: options.pathPrefix), let target = Target(own.target),
      !target.path.hasPrefix("/-/")
    else { return nil }
    return ObjectPath(urlPath: target.path)
  }

  private func answer(_ request: Request, _ body: RequestBody) async throws -> Response {
    if let preflight = preflight(request) { return preflight }
    // The policy first: who may not ask learns nothing of what routes there are.
    try policy.check(request, isMutating: false)
    try await policy.authenticate(request)
    let request = try request.without(pathPrefix: options.pathPrefix)
    let route = try Router.route(request)
    try policy.check(request, isMutating: route.isMutating)
    switch route {
    case .list(let path, let format): return try await list(path, format, request)
    case .search(let path, let wanted, let format): return try await search(path, wanted, format, request)
    case .read(let path): return try await read(path, request)
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

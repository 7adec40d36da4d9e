import Core

/// Answers the gateway's own URLs below `/-/`: health, readiness, unsaved files and metrics.
struct HealthHandler: Sendable {
  private let fileSystem: FileSystem
  private let live: LiveExchanges
  private let requests: RequestMetrics
  private let store: StoreMetrics?
  private let endpoint: EndpointHealth
  /// The version of this program.
  private let version: String
  private let endpointDescription: String

  init(fileSystem: FileSystem, options: HTTPServerOptions, live: LiveExchanges, requests: RequestMetrics) {
    self.fileSystem = fileSystem
    self.live = live
    self.requests = requests
    store = options.storeMetrics
    endpoint = EndpointHealth { () async throws(FileSystemError) in try await fileSystem.checkEndpoint() }
    version = options.version
    endpointDescription = options.endpointDescription
  }

  /// `/-/health`: 200, or 503 if S3 does not answer; within a second either way.
  func health() async -> Response {
    let verdict = await endpoint.verdict()
    let isWell = verdict == .answers
    var members: [(String, JSON)] = [
      ("status", isWell ? "ok" : "unavailable"), ("version", .string(version)),
      ("endpoint", .string(endpointDescription)), ("endpointURL", .string(fileSystem.endpointDescription.url)),
      ("region", .string(fileSystem.endpointDescription.region)), ("endpointReachable", .bool(isWell)),
      ("unsavedFiles", .array(fileSystem.saving.unsavedFiles.map { .string($0) })),
    ]
    if case .fails(let reason) = verdict { members.append(("reason", .string(reason))) }
    return .json(isWell ? 200 : 503, .object(members), headers: ["Cache-Control": "no-store"])
  }

  /// `/-/ready`, for load balancers and start scripts: 200 if requests would be served now, otherwise 503.
  /// Cost: one ListBuckets if none was made within the ttl.
  func ready() async -> Response {
    do {
      _ = try await fileSystem.byKey.list(.root, freshness: .withinTTL)
      return .text(200, "ready\n", headers: ["Cache-Control": "no-store"])
    } catch {
      return .text(503, "not ready: \(error.message)\n", headers: ["Cache-Control": "no-store"])
    }
  }

  /// `/-/unsaved`: lists the mount's files that are not in S3 yet. The page polls it; it costs no request to S3.
  func unsaved() -> Response {
    let files = fileSystem.saving.unsavedUploads().map { file in
      JSON.object([
        ("path", .string(file.path.description)), ("url", .string(file.path.urlPath)), ("size", .number(file.size)),
        ("reason", .optional(file.reason)),
      ])
    }
    return .json(200, .object([("unsaved", .array(files))]), headers: ["Cache-Control": "no-store"])
  }

  /// `/-/metrics`, in Prometheus' text format.
  func metrics() -> Response {
    .content(
      200, type: "text/plain; version=0.0.4; charset=utf-8",
      Array(
        (requests.text(inFlight: live.count) + (store?.text ?? "")
          + fileSystem.holdings().text + fileSystem.cacheUses().text).utf8),
      headers: ["Cache-Control": "no-store"])
  }
}

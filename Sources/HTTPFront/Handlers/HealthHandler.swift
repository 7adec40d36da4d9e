import Core

/// Answers the gateway's own URLs below `/-/`: health, readiness, unsaved files and metrics.
struct HealthHandler: Sendable {
  let parts: GatewayParts

  private var fileSystem: FileSystem { parts.fileSystem }

  /// `/-/health`: 200, or 503 if S3 does not answer; within a second either way.
  func health() async -> Response {
    let verdict = await parts.endpoint.verdict()
    let isWell = verdict == .answers
    var members: [(String, JSON)] = [
      ("status", isWell ? "ok" : "unavailable"), ("version", .string(parts.options.version)),
      ("endpoint", .string(parts.options.endpointDescription)),
      ("endpointURL", .string(fileSystem.endpointDescription.url)),
      ("region", .string(fileSystem.endpointDescription.region)), ("endpointReachable", .bool(isWell)),
      ("unsavedFiles", .array(fileSystem.saving.unsavedUploads().map { .string("s3:/" + $0.path.description) })),
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
        (parts.requests.text(inFlight: parts.live.count) + (parts.options.storeMetrics?.text ?? "")
          + fileSystem.holdings().text + fileSystem.cacheUses().text).utf8),
      headers: ["Cache-Control": "no-store"])
  }
}

// MARK: Verbs

/// `/-/health`.
struct ReportHealth: Action {
  func answer(in context: ActionContext) async -> Response { await HealthHandler(parts: context.parts).health() }
}

/// `/-/ready`.
struct ReportReadiness: Action {
  func answer(in context: ActionContext) async -> Response { await HealthHandler(parts: context.parts).ready() }
}

/// `/-/unsaved`.
struct ListUnsaved: Action {
  func answer(in context: ActionContext) -> Response { HealthHandler(parts: context.parts).unsaved() }
}

/// `/-/metrics`.
struct ReportMetrics: Action {
  func answer(in context: ActionContext) -> Response { HealthHandler(parts: context.parts).metrics() }
}

extension HealthHandler {
  static let endpoints = [
    HTTPEndpoint.own("/-/health", "Whether the gateway and S3 are well") { _ in ReportHealth() },
    HTTPEndpoint.own("/-/ready", "Whether requests would be served") { _ in ReportReadiness() },
    HTTPEndpoint.own("/-/unsaved", "Files of the mount that S3 has not taken") { _ in ListUnsaved() },
    HTTPEndpoint.own("/-/metrics", "Figures for Prometheus") { _ in ReportMetrics() },
  ]
}

import Core

extension Gateway {
  /// Whether we and the endpoint are well: 200, or 503 when S3 does not answer, within a second either way.
  func health() async -> Response {
    let verdict = await endpointHealth.verdict()
    let isWell = verdict == .answers
    var members: [(String, JSON)] = [
      ("status", isWell ? "ok" : "unavailable"), ("version", .string(options.version)),
      ("endpoint", .string(options.endpointDescription)), ("endpointURL", .string(fileSystem.endpointDescription.url)),
      ("region", .string(fileSystem.endpointDescription.region)), ("endpointReachable", .bool(isWell)),
      ("unsavedFiles", .array(fileSystem.unsavedFiles.map { .string($0) })),
    ]
    if case .fails(let reason) = verdict { members.append(("reason", .string(reason))) }
    return .json(isWell ? 200 : 503, .object(members), headers: ["Cache-Control": "no-store"])
  }

  /// Whether requests would be served now: 200, or 503. For load balancers and start scripts: it has no other answer.
  func ready() async -> Response {
    do {
      _ = try await fileSystem.list(.root, freshness: .withinTTL)
      return .text(200, "ready\n", headers: ["Cache-Control": "no-store"])
    } catch {
      return .text(503, "not ready: \(error.message)\n", headers: ["Cache-Control": "no-store"])
    }
  }

  /// The mount's files that are not in S3, for the page, which asks often: it costs no request to S3.
  func unsaved() -> Response {
    let files = fileSystem.unsavedUploads().map { file in
      JSON.object([
        ("path", .string(file.path.description)), ("url", .string(file.path.urlPath)), ("size", .number(file.size)),
        ("reason", .optional(file.reason)),
      ])
    }
    return .json(200, .object([("unsaved", .array(files))]), headers: ["Cache-Control": "no-store"])
  }

  func metricsText() -> Response {
    .content(
      200, type: "text/plain; version=0.0.4; charset=utf-8",
      Array(
        (metrics.text(inFlight: live.count) + (options.storeMetrics?.text ?? "")
          + fileSystem.holdings().text + fileSystem.cacheUses().text).utf8),
      headers: ["Cache-Control": "no-store"])
  }

  /// A file of the page. The version is in the URL, so it never changes; an older page's URL gets the present file.
  func asset(version: String, name: String, _ request: Request) throws -> Response {
    guard let asset = Asset.served.first(where: { $0.name == name }) else {
      throw HTTPError(404, "There is no such file.")
    }
    let isCurrent = version == Asset.version
    var headers: Headers = [
      "Content-Type": asset.type, "ETag": "\"\(Asset.version)\"", "X-Content-Type-Options": "nosniff",
      "Cache-Control": isCurrent ? "public, max-age=31536000, immutable" : "no-cache",
    ]
    if let tags = request.headers.joined("If-None-Match"), EntityTags(tags).matchesWeakly(ETag(Asset.version)) {
      return Response(304, headers: headers)
    }
    headers.add("Cross-Origin-Resource-Policy", "same-origin")
    headers.add("Vary", "Accept-Encoding")
    if Negotiation.acceptsGzip(request.headers.joined("Accept-Encoding")), let small = asset.compressed {
      headers.add("Content-Encoding", "gzip")
      return Response(200, headers: headers, body: .bytes(small))
    }
    return Response(200, headers: headers, body: .asset(asset))
  }
}

import Core

/// Answers requests for the files of the page.
enum AssetHandler {
  /// Answers a request for a file of the page. Its URL contains the version, so it may be cached forever; the URL of an
  /// older version gets the current file.
  static func answer(version: String, name: String, _ request: Request) throws(HTTPError) -> Response {
    guard let asset = Asset.served.first(where: { $0.name == name }) else {
      throw HTTPError(404, "There is no such file.")
    }
    let isCurrent = version == Asset.version
    var headers: Headers = [
      "Content-Type": asset.type, "ETag": "\"\(Asset.version)\"", "X-Content-Type-Options": "nosniff",
      "Cache-Control": isCurrent ? "public, max-age=31536000, immutable" : "no-cache",
    ]
    let tags = try EntityTags.named("If-None-Match", in: request.headers)
    if let tags, tags.matchesWeakly(ETag(Asset.version)) {
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

// MARK: Verbs

/// `/-/assets/{version}/{name}`.
struct GetAsset: Action {
  let version: String
  let name: String

  func answer(in context: ActionContext) throws -> Response {
    try AssetHandler.answer(version: version, name: name, context.request)
  }
}

/// `/-/openapi.json`.
struct GetOpenAPI: Action {
  func answer(in context: ActionContext) -> Response {
    let headers: Headers = ["Content-Type": Asset.openAPI.type, "Cache-Control": "no-cache"]
    return Response(200, headers: headers, body: .asset(.openAPI))
  }
}

extension AssetHandler {
  static let endpoints = [
    HTTPEndpoint.own("/-/openapi.json", "This interface as OpenAPI") { _ in GetOpenAPI() },
    HTTPEndpoint.own("/-/assets/{version}/{name}", "A file of the page") { call in
      let parts = call.target.path.split(separator: "/").map(String.init)
      return GetAsset(version: parts[2], name: parts.dropFirst(3).joined(separator: "/"))
    },
  ]
}

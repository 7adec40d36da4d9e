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

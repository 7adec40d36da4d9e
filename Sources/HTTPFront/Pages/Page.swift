import Archive
import Core

/// Fills web/index.html to a whole page.
enum Page {
  /// The template split at its `{{name}}` placeholders: markup and names in turn.
  private static let parts: [(markup: HTML, place: String)] = {
    let text = String(decoding: Asset.template.bytes, as: UTF8.self)
    var rest = Substring(text)
    var parts: [(HTML, String)] = []
    while let open = rest.firstIndex(of: "{"), rest[open...].hasPrefix("{{"),
      let close = rest[open...].firstIndex(of: "}")
    {
      let name = rest[open..<close].dropFirst(2)
      parts.append((HTML(trusted: rest[..<open].utf8), String(name)))
      rest = rest[close...].dropFirst(2)
    }
    parts.append((HTML(trusted: rest.utf8), ""))
    return parts
  }()

  static func html(title: String, body: HTML, language: PageLanguage = .english) -> [UInt8] {
    opening(title: title, language: language) + body.bytes + closing
  }

  /// Returns everything before the body's contents.
  private static func opening(title: String, language: PageLanguage, head: HTML = "") -> [UInt8] {
    var page = HTML()
    for (markup, place) in parts {
      page += markup
      switch place {
      case "title": page += "\(title)"
      case "language": page.add(text: language.rawValue)
      case "assets": page += Asset.links
      case "head": page += head
      case "body": return page.bytes
      default: break
      }
    }
    return page.bytes
  }

  private static let closing = parts.last?.markup.bytes ?? []

  static func response(
    _ status: Int, title: String, body: HTML, language: PageLanguage = .english, headers: Headers = Headers()
  ) -> Response {
    var headers = headers
    headers.add("Vary", "Accept-Language")
    headers.add("Cache-Control", "no-cache")
    headers.addPagePolicy()
    return .content(
      status, type: "text/html; charset=utf-8", html(title: title, body: body, language: language),
      headers: headers)
  }

  /// Returns a page whose head and `shell` are sent, and painted, before the rest is known. Compresses if the client
  /// accepts that: a page of ten thousand names has some megabytes.
  /// - Parameter head: markup for the end of the page's head.
  static func streamed(
    title: String, shell: HTML, head: HTML = "", for request: Request, headers: Headers = Headers(),
    rest: @Sendable @escaping () async -> HTML
  ) -> Response {
    var headers = headers
    let compresses = Negotiation.acceptsGzip(request.headers.joined("Accept-Encoding"))
    let language = PageLanguage(request)
    headers.add("Vary", "Accept-Encoding, Accept-Language")
    if compresses { headers.add("Content-Encoding", "gzip") }
    headers.add("Cache-Control", "no-cache")
    headers.add("Content-Type", "text/html; charset=utf-8")
    headers.addPagePolicy()
    let stream = ResponseStream { stream in
      let gzip = compresses ? Gzip() : nil
      if compresses && gzip == nil { throw FileSystemError(.noSpace, "no memory to compress a page") }
      let first = opening(title: title, language: language, head: head) + shell.bytes
      try await stream.write(gzip?.add(first) ?? first)
      let bytes = await rest().bytes + closing
      for start in Swift.stride(from: 0, to: bytes.count, by: pieceSize) {
        let end = min(start + pieceSize, bytes.count)
        let piece = Array(bytes[start..<end])
        try await stream.write(gzip?.add(piece, isLast: end == bytes.count) ?? piece)
      }
    }
    return Response(200, headers: headers, body: .stream(stream))
  }

  /// How many bytes to write at a time: a stream buffers little.
  private static let pieceSize = 64 << 10
}

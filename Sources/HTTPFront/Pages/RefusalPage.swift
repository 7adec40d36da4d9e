import CMicrohttpd
import Core

extension Refusal {
  /// The answer, in the form that the client asked for. `place` is what the request's URL names, if anything.
  func response(accept: String?, at place: ObjectPath? = nil) -> Response {
    var headers = headers
    headers.add("Vary", "Accept")
    switch Negotiation.errorFormat(accept: accept) {
    case .json:
      let error = JSON.object([("status", .number(Int64(status))), ("message", .string(message))])
      headers.add("X-Content-Type-Options", "nosniff")
      return .json(status, .object([("error", error)]), headers: headers)
    case .text:
      headers.add("X-Content-Type-Options", "nosniff")
      return .text(status, message + "\n", headers: headers)
    case .page:
      return Page.response(status, title: heading, body: page(at: place ?? .root), headers: headers)
    }
  }

  private var heading: String {
    let phrase = MHD_get_reason_phrase_for(UInt32(status)).map { String(cString: $0) }
    return "\(phrase ?? "Not done") (\(status))"
  }

  private func page(at place: ObjectPath) -> HTML {
    """
    \(HTML.crumbs(to: place))
    <main class="plain refusal"><h1>\(heading)</h1><p>\(message)</p>\(recursiveDeletion)\(wayUp(from: place))</main>
    """
  }

  private func wayUp(from place: ObjectPath) -> HTML {
    guard !place.isRoot else { return "" }
    let parent = place.parent
    return
      "<p><a class=\"button\" href=\"\(parent.urlPath)\">Go to \(parent.isRoot ? "the buckets" : parent.name)</a></p>"
  }

  /// Offered where a directory that was to be deleted is not empty.
  private var recursiveDeletion: HTML {
    guard let path = fullDirectory else { return "" }
    return """
      <form method="post" action="\(path.urlPath)?delete&amp;recursive"><button class="danger">\
      Delete \(path.description) and everything in it</button></form>
      """
  }
}

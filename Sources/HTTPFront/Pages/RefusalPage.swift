import CMicrohttpd
import Core

extension Refusal {
  /// The answer, in the form that the client asked for.
  func response(accept: String?) -> Response {
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
      return Page.response(status, title: heading, body: page, headers: headers)
    }
  }

  private var heading: String {
    let phrase = MHD_get_reason_phrase_for(UInt32(status)).map { String(cString: $0) }
    return "\(phrase ?? "Not done") (\(status))"
  }

  private var page: HTML {
    """
    <header class="top"><nav aria-label="Path"><ol class="crumbs"><li><a href="/">Buckets</a></li></ol></nav></header>
    <main class="plain"><h1>\(heading)</h1><p>\(message)</p>\(recursiveDeletion)</main>
    """
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

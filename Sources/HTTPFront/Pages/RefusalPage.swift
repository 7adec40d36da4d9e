import CMicrohttpd
import Core

extension HTTPError {
  /// Returns the answer in the format that the client accepts.
  /// - Parameter place: what the request's URL names, if anything.
  func response(accept: String?, at place: ObjectPath? = nil, in language: PageLanguage = .english) -> Response {
    var response = openResponse(accept: accept, at: place, in: language)
    guard closesConnection else { return response }
    response.closesConnection = true
    response.headers.add("Connection", "close")
    return response
  }

  private func openResponse(accept: String?, at place: ObjectPath?, in language: PageLanguage) -> Response {
    var headers = headers
    headers.add("Vary", "Accept")
    switch Negotiation.errorFormat(accept: accept) {
    case .json:
      let error = JSON.object([("status", .number(Int64(status))), ("message", .string(message))])
      headers.add("X-Content-Type-Options", "nosniff")
      return .json(status, .object([("error", error)] + details), headers: headers)
    case .text:
      headers.add("X-Content-Type-Options", "nosniff")
      return .text(status, message + "\n", headers: headers)
    case .page:
      return Page.response(
        status, title: heading, body: page(at: place ?? .root, language), language: language, headers: headers)
    }
  }

  private var heading: String {
    let phrase = MHD_get_reason_phrase_for(UInt32(status)).map { String(cString: $0) }
    return "\(phrase ?? "Not done") (\(status))"
  }

  /// Returns the page of a refusal. In another language than English the gateway's own exact sentence follows the
  /// meaning of the status.
  private func page(at place: ObjectPath, _ language: PageLanguage) -> HTML {
    let meaning = language.meaning(of: status)
    let own: HTML = meaning == nil ? "<p>\(message)</p>" : "<p class=\"soft\" lang=\"en\">\(message)</p>"
    return """
      \(HTML.crumbs(to: place, language))
      <main class="plain refusal"><h1>\(meaning ?? heading)</h1>\(own)\(recursiveDeletion(language))\
      \(wayUp(from: place, language))</main>
      """
  }

  private func wayUp(from place: ObjectPath, _ language: PageLanguage) -> HTML {
    guard !place.isRoot else { return "" }
    let parent = place.parent
    let name = parent.isRoot ? language("the buckets", "バケット一覧") : parent.name
    return "<p><a class=\"button\" href=\"\(parent.urlPath)\">\(language("Go to \(name)", "\(name) へ移動"))</a></p>"
  }

  /// Returns the form to delete recursively, offered where a directory that was to be deleted is not empty.
  private func recursiveDeletion(_ language: PageLanguage) -> HTML {
    guard let path = fullDirectory else { return "" }
    return """
      <form method="post" action="\(path.urlPath)?delete&amp;recursive"><button class="danger">\
      \(language("Delete \(path.description) and everything in it", "\(path.description) を中身ごと削除"))</button></form>
      """
  }
}

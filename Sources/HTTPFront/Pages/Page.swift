/// A whole page: web/index.html with its places filled.
enum Page {
  /// The template cut at its `{{name}}` places: text and names in turn.
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

  static func html(title: String, body: HTML) -> [UInt8] {
    var page = HTML()
    for (markup, place) in parts {
      page += markup
      switch place {
      case "title": page += "\(title)"
      case "assets": page += Asset.links
      case "body": page += body
      default: break
      }
    }
    return page.bytes
  }

  static func response(_ status: Int, title: String, body: HTML, headers: Headers = Headers()) -> Response {
    var headers = headers
    headers.addPagePolicy()
    headers.add("Cache-Control", "no-cache")
    return .content(status, type: "text/html; charset=utf-8", html(title: title, body: body), headers: headers)
  }
}

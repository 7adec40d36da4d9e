import Core

extension ListingPage {
  /// The kind of client that a page is for.
  enum Reader: Sendable {
    /// A browser that runs scripts.
    case browser
    /// A browser that does not: `?plain`.
    case plain
    /// curl, wget, rclone, a crawler.
    case program

    /// Chooses by Accept: browsers name HTML; a client that accepts anything is a program.
    init(_ request: Request) {
      if Target(request.target)?.has("plain") ?? false {
        self = .plain
      } else {
        let accept = request.headers.joined("Accept") ?? ""
        self = accept.lowercasedASCII.contains("text/html") ? .browser : .program
      }
    }
  }

  /// Returns the part above the body, for a page that is sent whole.
  func opening(for reader: Reader) -> HTML {
    switch reader {
    case .browser: Self.shell(of: directory, language)
    case .plain: HTML.crumbs(to: directory, language, query: "?plain")
    case .program: HTML.crumbs(to: directory, language)
    }
  }

  /// Returns the part after the shell.
  func body(for reader: Reader) -> HTML {
    switch reader {
    case .program:
      return "<main class=\"plain\">\(links)\n<p class=\"soft\">\(summary)</p></main>"
    case .plain:
      return PlainListing(page: self).markup
    case .browser:
      return "<script type=\"application/json\" id=\"listing\">\(ListingData(self).markup)</script>"
    }
  }

  /// Returns a minimal table of links: a program reads all of it.
  private var links: HTML {
    var table: HTML = "<table>\n"
    for entry in entries {
      table.add("<tr><td><a href=\"")
      table.add(text: entry.path.urlPath)
      table.add("\">")
      table.add(text: shownName(of: entry))
      let isObject = entry.kind == .object
      table.add(isObject ? "</a><td>" : "/</a><td>")
      if isObject { table.add(text: String(entry.size)) }
      table.add("<td>")
      if let modified = entry.modified { table.add(text: HTTPDate.formatISO(modified)) }
      table.add("\n")
    }
    table.add("</table>\n")
    return table
  }
}

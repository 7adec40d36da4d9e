import Core

/// A directory as a page that works without JavaScript: links, an upload form, a new-folder form, delete buttons.
struct ListingPage {
  var directory: ObjectPath
  var entries: [ListedEntry]
  var isReadOnly = false
  /// What was searched for, where this is a search's result.
  var search: String?
  /// Said below the table.
  var footer = ""
  /// Whether more was found than is shown.
  var isCut = false

  var title: String { directory.isRoot ? "Buckets" : directory.name }

  /// What is painted while S3 still lists. The note is hidden as soon as anything follows it.
  static func shell(of directory: ObjectPath) -> HTML {
    return """
      \(HTML.crumbs(to: directory))
      <p class="waiting">Listing…</p>

      """
  }

  /// What follows the shell. The page as its scripts build it lies in the listing's JSON; what is inside `noscript`
  /// costs a browser with scripts nothing but its bytes. What is no browser gets the links alone, outside of
  /// `noscript`, into which some parsers do not look.
  func body(for reader: Reader) -> HTML {
    switch reader {
    case .program:
      return "<main class=\"plain\">\(links)\n<p class=\"soft\">\(summary)</p></main>"
    case .browser:
      return """
        <script type="application/json" id="listing">\(ListingData(self).markup)</script>
        <noscript><main class="plain">\(bar)\n\(table)\n<p class="soft">\(summary)</p></main></noscript>
        """
    }
  }

  /// As short as a table of links can be: a program reads all of it.
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

  private func shownName(of entry: ListedEntry) -> String {
    search == nil ? (entry.name.isEmpty ? "(no name)" : entry.name) : entry.path.description
  }

  /// Who asks for a page.
  enum Reader: Sendable {
    case browser
    /// curl, wget, rclone, a crawler.
    case program

    /// Browsers name HTML; who takes just anything is none.
    init(accept: String?) {
      self = (accept ?? "").lowercasedASCII.contains("text/html") ? .browser : .program
    }
  }

  private var bar: HTML {
    let url = directory.urlPath
    var bar: HTML = "<div class=\"bar\">"
    if !isReadOnly {
      if !directory.isRoot {
        bar += """
          <form id="upload" method="post" action="\(url)" enctype="multipart/form-data">\
          <input type="file" name="file" multiple required aria-label="Files to upload">\
          <button class="main">Upload</button></form>
          """
      }
      let what = directory.isRoot ? "New bucket" : "New folder"
      bar += """
        <form method="post" action="\(url)?mkdir"><input type="text" name="name" required size="14" \
        placeholder="\(what)" aria-label="\(what)" autocomplete="off"><button>Create</button></form>
        """
    }
    bar += """
      <form class="grow" method="get" action="\(url)" role="search"><input type="search" name="q" \
      value="\(search ?? "")" placeholder="Search names below" aria-label="Search names below">\
      <button>Search</button></form></div>
      """
    return bar
  }

  private var table: HTML {
    guard !entries.isEmpty else {
      let text =
        search != nil
        ? "Nothing found."
        : directory.isRoot ? "No buckets yet. Create one above." : "Empty. Drop files here to upload them."
      return "<p class=\"empty\">\(text)</p>"
    }
    var table: HTML = """
      <table><thead><tr><th class="name" scope="col">Name</th><th class="size" scope="col">Size</th>\
      <th class="when" scope="col">Modified (UTC)</th>
      """
    if !isReadOnly { table += "<th class=\"act\" scope=\"col\"><span hidden>Actions</span></th>" }
    table += "</tr></thead><tbody>\n"
    for entry in entries { table += row(entry) }
    table += "</tbody></table>\n"
    // One form for all rows: each button names what it deletes.
    return isReadOnly ? table : "<form method=\"post\">\(table)</form>"
  }

  private func row(_ entry: ListedEntry) -> HTML {
    let isObject = entry.kind == .object
    let kind = isObject ? "object" : entry.kind == .bucket ? "bucket" : "directory"
    let shown = shownName(of: entry)
    let url = entry.path.urlPath
    var row: HTML = """
      <tr class="\(kind)"><td class="name"><a href="\(url)">\(shown)\(isObject ? "" : "/")</a></td>\
      <td class="size">\(isObject ? ByteCount.text(entry.size) : "")</td><td class="when">
      """
    if let modified = entry.modified {
      row += "<time datetime=\"\(HTTPDate.formatISO(modified))\">\(HTTPDate.formatShort(modified))</time>"
    }
    row += "</td>"
    if !isReadOnly {
      row += """
        <td class="act"><button class="danger" formaction="\(url)?delete" aria-label="Delete \(entry.name)">Delete\
        </button></td>
        """
    }
    row += "</tr>\n"
    return row
  }

  private var summary: HTML {
    let objects = entries.filter { $0.kind == .object }
    let size = ByteCount.text(objects.reduce(0) { $0 + $1.size })
    let cut = isCut ? "The search stopped here: more names match. " : ""
    return "\(cut)\(entries.count - objects.count) folders, \(objects.count) objects, \(size). \(footer)"
  }
}

/// Sizes for people.
enum ByteCount {
  static func text(_ bytes: Int64) -> String {
    guard bytes >= 1024 else { return "\(bytes) B" }
    var value = Double(bytes)
    var unit = 0
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    while value >= 1023.95, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}

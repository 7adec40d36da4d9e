import Core

/// A directory's page: for browsers the data that the page's scripts render; for programs a plain list of links; for
/// browsers without scripts links, an upload form, a new-folder form and delete buttons (`PlainListing`).
struct ListingPage {
  var directory: ObjectPath
  var entries: [ListedEntry]
  var isReadOnly = false
  /// Whether clients must authenticate: then snippets for curl contain `-u`.
  var needsPassword = false
  /// The words of a search, if the page shows its result.
  var search: String?
  /// The text below the table.
  var footer = ""
  /// Whether the search found more than is shown.
  var isCut = false
  var language = PageLanguage.english

  var title: String { directory.isRoot ? language("Buckets", "バケット") : directory.name }

  /// Returns what is painted while S3 still lists. The note is hidden as soon as anything follows it.
  static func shell(of directory: ObjectPath, _ language: PageLanguage = .english) -> HTML {
    return """
      \(HTML.crumbs(to: directory, language))
      <p class="waiting">\(language("Listing…", "読み込み中…"))</p>

      """
  }

  /// Redirects a browser without scripts to the plain page, so that no name is sent twice. For the end of the head or the
  /// body.
  static func redirectWithoutScripts(search: String? = nil) -> HTML {
    let query = search.map { "?plain&q=\(PercentCoding.encode($0))" } ?? "?plain"
    return "<noscript><meta http-equiv=\"refresh\" content=\"0; url=\(query)\"></noscript>\n"
  }

  func shownName(of entry: ListedEntry) -> String {
    search == nil ? (entry.name.isEmpty ? "(no name)" : entry.name) : entry.path.description
  }

  var summary: String {
    let objects = entries.filter { $0.kind == .object }
    let folders = entries.count - objects.count
    let size = ByteCount.text(objects.reduce(0) { $0 + $1.size })
    var parts: [String] = []
    if directory.isRoot, search == nil {
      parts.append(language(Self.count(folders, "bucket"), "バケット \(folders) 個"))
    } else {
      if folders > 0 { parts.append(language(Self.count(folders, "folder"), "フォルダー \(folders) 個")) }
      parts.append(language(Self.count(objects.count, "object"), "オブジェクト \(objects.count) 個"))
      parts.append(size)
    }
    let cut =
      isCut ? language("The search stopped here: more names match. ", "検索をここで打ち切りました（ほかにもあります）。") : ""
    return "\(cut)\(parts.joined(separator: language(", ", "、")))\(language(".", "。")) \(footer)"
  }

  private static func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }
}

/// The settings that all pages of one gateway share.
struct PageSettings: Sendable {
  var isReadOnly = false
  var needsPassword = false
  /// The text below the table.
  var footer = ""

  init(_ policy: AccessPolicy, footer: String) {
    isReadOnly = policy.readOnly
    needsPassword = policy.credentials != nil || policy.passwords != nil
    self.footer = footer
  }

  init() {}

  /// Returns a directory's page, without entries yet.
  func empty(of directory: ObjectPath, _ request: Request) -> ListingPage {
    ListingPage(
      directory: directory, entries: [], isReadOnly: isReadOnly, needsPassword: needsPassword, footer: footer,
      language: PageLanguage(request))
  }
}

extension HTTPServerOptions {
  var pageFooter: String {
    "localstackmount \(version)" + (endpointDescription.isEmpty ? "" : " · \(endpointDescription)")
  }
}

/// Formats sizes for people.
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

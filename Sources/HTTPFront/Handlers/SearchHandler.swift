import Core
import Synchronization

/// Searches names below a directory.
struct SearchHandler: Sendable {
  /// Limits the matches on a page; the streamed forms return all.
  private static let pageLimit = 2000
  /// Limits the matches in one JSON document; `Accept: application/x-ndjson` returns all.
  private static let jsonLimit = 10_000

  let fileSystem: FileSystem
  let pages: PageSettings

  /// `?q=`: returns every object below a directory whose path below it contains the words, ignoring case. Cost: one
  /// LIST per 1,000 objects below the directory.
  func search(
    _ directory: ObjectPath, _ words: String, _ format: ListingFormat, _ request: Request
  ) async throws -> Response {
    // Answers 404 as a listing would.
    _ = try await fileSystem.byKey.locate(directory, freshness: .withinTTL)
    let wanted = words.lowercased()
    if format == .page { return try await searchPage(directory, words, wanted, request) }
    let limit = format == .json ? Self.jsonLimit : .max
    let stream = ResponseStream { stream in
      if format == .json { try await stream.write(Self.searchHead(directory, words)) }
      let found = Tally()
      try await matches(of: wanted, below: directory) { entry throws(FileSystemError) in
        let count = found.add()
        guard count <= limit else { throw .enough }
        try await stream.pass(Self.searchLine(entry, isFirst: count == 1, format))
      }
      if format == .json {
        try await stream.write(Array("],\"truncated\":\(found.value > limit)}\n".utf8))
      }
    }
    var headers: Headers = ["Vary": "Accept", "Content-Type": format.contentType]
    headers.addListingPolicy()
    return Response(200, headers: headers, body: .stream(stream))
  }

  private static func searchHead(_ directory: ObjectPath, _ words: String) -> [UInt8] {
    let head = JSON.object([("path", .string(directory.description)), ("query", .string(words))])
    return head.encoded.dropLast() + Array(",\"matches\":[".utf8)
  }

  private static func searchLine(_ entry: ListedEntry, isFirst: Bool, _ format: ListingFormat) -> [UInt8] {
    guard format == .json else {
      let path = entry.path.description
      return format.line(entry, named: entry.path.isDirectory ? String(path.dropLast()) : path)
    }
    return (isFirst ? [] : [UInt8(ascii: ",")]) + entry.json.encoded
  }

  private func searchPage(
    _ directory: ObjectPath, _ words: String, _ wanted: String, _ request: Request
  ) async throws -> Response {
    let found = Matches(limit: Self.pageLimit)
    try await matches(of: wanted, below: directory) { entry throws(FileSystemError) in
      if !found.add(entry) { throw .enough }
    }
    var page = pages.empty(of: directory, request)
    page.entries = found.entries
    page.search = words
    page.isCut = found.isCut
    let reader = ListingPage.Reader(request)
    var body = page.opening(for: reader)
    if reader == .browser { body += ListingPage.redirectWithoutScripts(search: words) }
    body += page.body(for: reader)
    let title = page.language("\(words) in \(page.title)", "\(page.title)：「\(words)」")
    return Page.response(200, title: title, body: body, language: page.language, headers: ["Vary": "Accept"])
  }

  /// Visits the matches, until all are seen or the visitor throws `enough`.
  private func matches(
    of wanted: String, below directory: ObjectPath,
    _ visit: @Sendable @escaping (ListedEntry) async throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    var tops = [directory]
    if directory.isRoot { tops = try await fileSystem.byKey.list(.root, freshness: .withinTTL).map(\.path) }
    for top in tops {
      do throws(FileSystemError) {
        try await fileSystem.byKey.walk(top) { entry throws(FileSystemError) in
          let below = entry.path.key.dropping(prefix: top.key)
          if !below.isEmpty, below.lowercased().contains(wanted) { try await visit(entry.asListed) }
        }
      } catch {
        if error.isEnough { return }
        throw error
      }
    }
  }
}

extension ResponseStream {
  /// Writes from inside a walk: a client that is gone interrupts the walk.
  func pass(_ bytes: [UInt8]) async throws(FileSystemError) {
    do {
      try await write(bytes)
    } catch {
      throw FileSystemError(.interrupted, "The client is gone.")
    }
  }
}

extension FileSystemError {
  /// Ends a walk from inside without a failure.
  fileprivate static let enough = FileSystemError(.interrupted, "enough was found")
  fileprivate var isEnough: Bool { code == .interrupted && message == Self.enough.message }
}

/// A counter for several tasks.
private final class Tally: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  /// Adds one and returns the new count.
  func add() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

/// The matches of a search, up to a limit.
private final class Matches: Sendable {
  private let limit: Int
  private let inside = Mutex((entries: [ListedEntry](), isCut: false))

  init(limit: Int) { self.limit = limit }

  var entries: [ListedEntry] { inside.withLock { $0.entries } }
  var isCut: Bool { inside.withLock { $0.isCut } }

  /// Adds a match. Returns false if the limit was reached.
  func add(_ entry: ListedEntry) -> Bool {
    inside.withLock { inside in
      guard inside.entries.count < limit else {
        inside.isCut = true
        return false
      }
      inside.entries.append(entry)
      return true
    }
  }
}

extension ListedEntry {
  /// The entry, or for a directory's marker the directory.
  fileprivate var asListed: Self {
    guard path.isDirectory else { return self }
    return Self(kind: .directory, name: String(name.dropLast()), path: path, modified: modified)
  }
}

// MARK: Verbs

/// `GET ?q=`, and `?recursive` with a format of listings.
struct Search: Action {
  let path: ObjectPath
  let words: String
  let format: ListingFormat

  var directory: ObjectPath? { path }

  func answer(in context: ActionContext) async throws -> Response {
    try await SearchHandler(fileSystem: context.fileSystem, pages: context.parts.pages)
      .search(path, words, format, context.request)
  }
}

extension SearchHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: .directories, verb: "q", options: HTTPEndpoint.listingFormats + ["recursive"],
      takesValue: true, summary: "Objects below whose path holds the words", example: "q=x&simple"
    ) { call throws(HTTPError) in
      let format = try call.listingFormat()
      guard let words = call.value("q"), !words.isEmpty else { return List(path: call.path, format: format) }
      return Search(path: call.path, words: words, format: format)
    }
  ]
}

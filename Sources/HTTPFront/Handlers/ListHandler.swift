import Core

/// Lists directories.
struct ListHandler: Sendable {
  let fileSystem: FileSystem
  let pages: PageSettings

  /// Lists a directory as a page, as JSON, as one JSON value per line, or as one name per line.
  /// Cost: one LIST per 1,000 entries, none within the ttl.
  func list(_ directory: ObjectPath, _ format: ListingFormat, _ request: Request) async throws -> Response {
    if format == .page { return try await page(of: directory, request) }
    let entries = try await fileSystem.byKey.list(directory, freshness: request.headers.freshness)
    var headers: Headers = ["Vary": "Accept"]
    switch format {
    case .page, .json:
      headers.addListingPolicy()
      let list = JSON.object([
        ("path", .string(directory.description)), ("entries", .array(entries.map(\.json))),
      ])
      return .json(200, list, headers: headers)
    case .lines, .names:
      headers.addListingPolicy()
      let bytes = entries.reduce(into: [UInt8]()) { $0 += format.line($1, named: $1.name) }
      return .content(200, type: format.contentType, bytes, headers: headers)
    }
  }

  /// Returns a directory's page. For a browser the page begins before the listing is complete, so that something is
  /// painted at once: S3 lists 1,000 keys per request. A directory that does not exist is refused before that.
  private func page(of directory: ObjectPath, _ request: Request) async throws -> Response {
    let freshness = request.headers.freshness
    let reader = ListingPage.Reader(request)
    let page = pages.empty(of: directory, request)
    let headers: Headers = ["Vary": "Accept"]
    // Programs wait for the whole page anyway, which saves the request that checks whether the directory exists. The
    // answer to HEAD has the length, which is unknown when a page begins early.
    if reader != .browser || request.method == "HEAD" {
      var page = page
      page.entries = try await fileSystem.byKey.list(directory, freshness: freshness)
      return Page.response(
        200, title: page.title, body: page.opening(for: reader) + page.body(for: reader), language: page.language,
        headers: headers)
    }
    _ = try await fileSystem.byKey.locate(directory, freshness: freshness)
    return Page.streamed(
      title: page.title, shell: ListingPage.shell(of: directory, page.language),
      head: ListingPage.redirectWithoutScripts(), for: request, headers: headers
    ) {
      do throws(FileSystemError) {
        var page = page
        page.entries = try await fileSystem.byKey.list(directory, freshness: freshness)
        return page.body(for: reader)
      } catch {
        // The status was sent already: the page reports the failure.
        let heading = page.language("This folder cannot be listed", "このフォルダーを一覧表示できません")
        return "<main class=\"plain\"><h1>\(heading)</h1><p>\(error.message)</p></main>"
      }
    }
  }
}

// MARK: Verbs

/// `GET` of a directory.
struct List: Action {
  let path: ObjectPath
  let format: ListingFormat

  var directory: ObjectPath? { path }

  func answer(in context: ActionContext) async throws -> Response {
    try await ListHandler(fileSystem: context.fileSystem, pages: context.parts.pages)
      .list(path, format, context.request)
  }
}

/// Sends the client to another URL.
struct Redirect: Action {
  let location: String

  func answer(in context: ActionContext) -> Response { Response(301, headers: ["Location": location]) }
}

extension ListHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: .directories, options: HTTPEndpoint.listingFormats + ["recursive"],
      summary: "What a directory holds", example: "json"
    ) { call throws(HTTPError) in
      if call.path.isBucket, !call.endsInSlash { return Redirect(location: call.path.urlPath + call.request.query) }
      let format = try call.listingFormat()
      // A search without words matches everything below.
      if try call.flag("recursive"), format != .page { return Search(path: call.path, words: "", format: format) }
      return List(path: call.path, format: format)
    }
  ]
}

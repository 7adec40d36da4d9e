import Core

extension Gateway {
  /// A directory's page. S3 lists a thousand keys a request: a large directory's page is begun for a browser before they
  /// are known, so that something is seen at once. What does not exist is refused before that, with its own status.
  func listingPage(_ directory: ObjectPath, _ request: Request) async throws -> Response {
    let freshness = Preconditions(request.headers).freshness
    let reader = ListingPage.Reader(request)
    let page = emptyPage(of: directory, request)
    let headers: Headers = ["Vary": "Accept"]
    // A program waits for the whole anyway: so no request is needed to know that the directory is there. And the answer
    // to HEAD has the length, which a page that is begun early does not know.
    if reader != .browser || request.method == "HEAD" {
      var page = page
      page.entries = try await fileSystem.list(directory, freshness: freshness)
      return Page.response(
        200, title: page.title, body: page.opening(for: reader) + page.body(for: reader), language: page.language,
        headers: headers)
    }
    _ = try await fileSystem.locate(directory, freshness: freshness)
    return Page.streamed(
      title: page.title, shell: ListingPage.shell(of: directory, page.language),
      head: ListingPage.redirectWithoutScripts(), for: request, headers: headers
    ) {
      do throws(FileSystemError) {
        var page = page
        page.entries = try await fileSystem.list(directory, freshness: freshness)
        return page.body(for: reader)
      } catch {
        // The status is sent already; the page says what happened.
        let heading = page.language("This folder cannot be listed", "このフォルダーを一覧表示できません")
        return "<main class=\"plain\"><h1>\(heading)</h1><p>\(error.message)</p></main>"
      }
    }
  }

  /// A page of a directory, without entries yet.
  func emptyPage(of directory: ObjectPath, _ request: Request) -> ListingPage {
    ListingPage(
      directory: directory, entries: [], isReadOnly: policy.readOnly,
      needsPassword: policy.credentials != nil || policy.passwords != nil, footer: options.pageFooter,
      language: PageLanguage(request))
  }
}

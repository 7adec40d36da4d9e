import Core

extension Gateway {
  /// A directory's page. S3 lists a thousand keys a request: a large directory's page is begun for a browser before they
  /// are known, so that something is seen at once. What does not exist is refused before that, with its own status.
  func listingPage(_ directory: ObjectPath, _ request: Request) async throws -> Response {
    let freshness = Preconditions(request.headers).freshness
    let reader = ListingPage.Reader(accept: request.headers.joined("Accept"))
    let title = ListingPage(directory: directory, entries: []).title
    // A program waits for the whole anyway: so no request is needed to know that the directory is there. And a HEAD is
    // told the length, which a page that is begun early does not know.
    if reader == .program || request.method == "HEAD" {
      let entries = try await fileSystem.list(directory, freshness: freshness)
      let page = ListingPage(
        directory: directory, entries: entries, isReadOnly: policy.readOnly, footer: options.pageFooter)
      var body = reader == .program ? HTML.crumbs(to: directory) : ListingPage.shell(of: directory)
      body += page.body(for: reader)
      return Page.response(200, title: title, body: body, headers: ["Vary": "Accept"])
    }
    _ = try await fileSystem.locate(directory, freshness: freshness)
    return Page.streamed(
      title: title, shell: ListingPage.shell(of: directory), for: request, headers: ["Vary": "Accept"]
    ) {
      do throws(FileSystemError) {
        let entries = try await fileSystem.list(directory, freshness: freshness)
        return ListingPage(
          directory: directory, entries: entries, isReadOnly: policy.readOnly, footer: options.pageFooter
        ).body(for: reader)
      } catch {
        // The status is sent already; the page says what happened.
        return "<main class=\"plain\"><h1>This folder cannot be listed</h1><p>\(error.message)</p></main>"
      }
    }
  }
}

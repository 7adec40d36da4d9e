import Testing

@testable import HTTPFront

struct NegotiationTests {
  @Test(arguments: [
    (nil, ListingFormat.page), ("*/*", .page), ("text/html,application/xhtml+xml,*/*;q=0.8", .page),
    ("application/json", .json), ("application/json;q=0.5, text/plain", .names),
    ("text/*;q=0.4, application/json;q=0.3", .page),
    ("application/x-ndjson", .lines), ("TEXT/PLAIN", .names), ("text/html;q=0, */*;q=0.1", .json),
  ])
  func `Accept chooses the listing's format`(accept: String?, format: ListingFormat) throws {
    #expect(try Negotiation.listingFormat(accept: accept) == format)
  }

  @Test(arguments: ["/b/?json", "/b/?json=", "/b/?json=true", "/b/?json&simple=0", "/b/?q=x&json", "/b/?wait=1s&json"])
  func `the query takes precedence over Accept`(target: String) throws {
    let action = try Router.action(of: Request(method: "GET", target: target, headers: ["Accept": "text/html"]))
    let format = (action as? List)?.format ?? (action as? Search)?.format ?? (action as? Wait)?.format
    #expect(format == .json, "\(action)")
  }

  @Test func `nothing acceptable is 406`() throws {
    #expect { try Negotiation.listingFormat(accept: "image/png") } throws: { ($0 as? HTTPError)?.status == 406 }
  }

  @Test(arguments: [
    (nil, Negotiation.ErrorFormat.text), ("*/*", .text), ("text/html,*/*;q=0.8", .page), ("application/json", .json),
    ("image/png", .text),
  ])
  func `errors are text unless another format is requested`(accept: String?, format: Negotiation.ErrorFormat) {
    #expect(Negotiation.errorFormat(accept: accept) == format)
  }
}

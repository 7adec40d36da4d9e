import Testing

@testable import HTTPFront

struct NegotiationTests {
  @Test(arguments: [
    (nil, ListingFormat.page), ("*/*", .page), ("text/html,application/xhtml+xml,*/*;q=0.8", .page),
    ("application/json", .json), ("application/json;q=0.5, text/plain", .names),
    ("text/*;q=0.4, application/json;q=0.3", .page),
    ("application/x-ndjson", .lines), ("TEXT/PLAIN", .names), ("text/html;q=0, */*;q=0.1", .json),
  ])
  func `Accept chooses the listing's form`(accept: String?, format: ListingFormat) throws {
    let target = try #require(Target("/b/"))
    #expect(try Negotiation.listingFormat(target, accept: accept) == format)
  }

  @Test func `the query is stronger than Accept`() throws {
    let target = try #require(Target("/b/?json"))
    #expect(try Negotiation.listingFormat(target, accept: "text/html") == .json)
  }

  @Test func `nothing acceptable is 406`() throws {
    let target = try #require(Target("/b/"))
    #expect { try Negotiation.listingFormat(target, accept: "image/png") } throws: { ($0 as? Refusal)?.status == 406 }
  }

  @Test(arguments: [
    (nil, Negotiation.ErrorFormat.text), ("*/*", .text), ("text/html,*/*;q=0.8", .page), ("application/json", .json),
    ("image/png", .text),
  ])
  func `errors are text unless another form is named`(accept: String?, format: Negotiation.ErrorFormat) {
    #expect(Negotiation.errorFormat(accept: accept) == format)
  }
}

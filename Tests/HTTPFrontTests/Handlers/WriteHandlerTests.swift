import Core
import TestSupport
import Testing

@testable import HTTPFront

struct WriteHandlerTests {
  private let world = HandlerWorld()
  private var writes: WriteHandler { WriteHandler(fileSystem: world.fileSystem) }

  private func put(_ headers: [String: String], _ body: RequestBody) async throws -> Response {
    try await writes.put(
      HandlerWorld.path("/box/a.txt"), keepsDetails: false, on: .none, HandlerWorld.request("PUT", headers), body)
  }

  @Test func `a new object is 201 with its Location, a replaced one is 204`() async throws {
    let first = try await put(["Content-Length": "6"], RequestBody(["one", "two"]))
    #expect(first.status == 201 && first.headers["Location"] == "/box/a.txt")
    #expect(world.store.text("box", "a.txt") == "onetwo")
    #expect(try await put(["Content-Length": "1"], RequestBody(["3"])).status == 204)
    #expect(world.store.text("box", "a.txt") == "3")
  }

  @Test func `a body that is cut, has no length or another digest stores nothing`() async {
    #expect(await refusal { _ = try await put(["Content-Length": "6"], .cut) } == 0)
    #expect(await refusal { _ = try await put([:], RequestBody(["x"])) } == 411)
    let wrong = ["Content-Length": "1", "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="]
    #expect(await refusal { _ = try await put(wrong, RequestBody(["x"])) } == 400)
    #expect(world.store.keys("box") == [])
  }

  @Test func `a form's Content-Type is not stored, but headers that describe the bytes are`() throws {
    var headers: Headers = ["Content-Type": "application/x-www-form-urlencoded", "Content-Language": "ja"]
    headers.add("x-amz-meta-Name", "value")
    let properties = try WriteHandler.properties(headers)
    #expect(properties.contentType == nil && properties.contentLanguage == "ja")
    #expect(properties.userMetadata == ["name": "value"])
    #expect(try WriteHandler.properties(["Content-Type": "text/css"]).contentType == "text/css")
  }

  @Test func `a Cache-Control that the browser itself sends is not stored`() throws {
    #expect(try WriteHandler.properties(["Cache-Control": "max-age=9"]).cacheControl == "max-age=9")
    let browser: Headers = ["Cache-Control": "no-cache", "Sec-Fetch-Site": "same-origin"]
    #expect(try WriteHandler.properties(browser).cacheControl == nil)
  }

  @Test func `a header that occurs twice is a list, or refused`() throws {
    var headers: Headers = [
      "Cache-Control": "max-age=5", "X-Amz-Meta-A": "1", "Content-Type": "text/css", "Expires": "",
    ]
    for (name, value) in [("cache-control", "no-transform"), ("x-amz-meta-a", "2"), ("content-type", "text/css")] {
      headers.add(name, value)
    }
    let properties = try WriteHandler.properties(headers)
    #expect(properties.cacheControl == "max-age=5, no-transform" && properties.userMetadata == ["a": "1,2"])
    #expect(properties.contentType == "text/css" && properties.expires == nil)
    headers.add("Content-Type", "text/html")
    #expect(throws: HTTPError.self) { try WriteHandler.properties(headers) }
  }
}

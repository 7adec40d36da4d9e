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

  @Test func `a form's Content-Type is not stored, but headers that describe the bytes are`() {
    var headers: Headers = ["Content-Type": "application/x-www-form-urlencoded", "Content-Language": "ja"]
    headers.add("x-amz-meta-Name", "value")
    let properties = WriteHandler.properties(headers)
    #expect(properties.contentType == nil && properties.contentLanguage == "ja")
    #expect(properties.userMetadata == ["name": "value"])
    #expect(WriteHandler.properties(["Content-Type": "text/css"]).contentType == "text/css")
  }

  @Test func `a Cache-Control that the browser itself sends is not stored`() {
    #expect(WriteHandler.properties(["Cache-Control": "max-age=9"]).cacheControl == "max-age=9")
    let browser: Headers = ["Cache-Control": "no-cache", "Sec-Fetch-Site": "same-origin"]
    #expect(WriteHandler.properties(browser).cacheControl == nil)
  }
}

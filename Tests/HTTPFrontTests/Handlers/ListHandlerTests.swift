import Core
import TestSupport
import Testing

@testable import HTTPFront

struct ListHandlerTests {
  private let world = HandlerWorld()
  private var lists: ListHandler { ListHandler(fileSystem: world.fileSystem, pages: PageSettings()) }
  private let box = HandlerWorld.path("/box/")

  @Test func `each format contains the same entries`() async throws {
    world.store.put("box", "a\nb", "x")
    world.store.put("box", "dir/c", "x")
    let names = try await lists.list(box, .names, HandlerWorld.request("GET"))
    #expect(names.text == "a%0Ab\ndir/\n" && names.headers["Content-Type"] == "text/plain; charset=utf-8")
    let lines = try await lists.list(box, .lines, HandlerWorld.request("GET"))
    #expect(lines.text?.split(separator: "\n").count == 2)
    let json = try await lists.list(box, .json, HandlerWorld.request("GET"))
    #expect(json.text?.contains(#""path":"/box/""#) == true || json.text?.contains(#""path": "/box/""#) == true)
  }

  @Test func `a page for a non-browser client is complete, and a missing directory is refused`() async throws {
    world.store.put("box", "file", "x")
    #expect(try await lists.list(box, .page, HandlerWorld.request("GET")).text?.contains("file") == true)
    #expect(
      await refusal { _ = try await lists.list(HandlerWorld.path("/box/no/"), .page, HandlerWorld.request("GET")) }
        == 404)
  }
}

import Core
import TestSupport
import Testing

@testable import HTTPFront

struct ReadHandlerTests {
  private let world = HandlerWorld()
  private var reads: ReadHandler { ReadHandler(fileSystem: world.fileSystem) }

  @Test func `only an object in memory is answered at once`() async throws {
    world.store.put("box", "a.txt", "text")
    let path = HandlerWorld.path("/box/a.txt")
    let get = HandlerWorld.request("GET")
    #expect(reads.readerInMemory(of: path, get) == nil)
    #expect(try await reads.read(path, get, by: nil).text == "text")
    let reader = try #require(reads.readerInMemory(of: path, get))
    #expect(try reads.readAtOnce(reader, get)?.text == "text")
    #expect(reads.readerInMemory(of: path, HandlerWorld.request("GET", ["Cache-Control": "no-cache"])) == nil)
  }

  @Test func `conditions and ranges decide the status`() async throws {
    world.store.put("box", "a.txt", "text")
    let path = HandlerWorld.path("/box/a.txt")
    let etag = try #require(try await reads.read(path, HandlerWorld.request("GET"), by: nil).headers["ETag"])
    func status(_ headers: [String: String]) async -> Int? {
      do { return try await reads.read(path, HandlerWorld.request("GET", headers), by: nil).status } catch {
        return (error as? HTTPError)?.status
      }
    }
    #expect(await status(["If-None-Match": etag]) == 304)
    #expect(await status(["If-Match": "\"other\""]) == 412)
    #expect(await status(["Range": "bytes=1-2"]) == 206)
    #expect(await status(["Range": "bytes=9-"]) == 416)
  }

  @Test func `a directory without its slash is redirected, and a missing name is 404`() async throws {
    world.store.put("box", "dir/a", "x")
    let moved = try await world.answer("GET", "/box/dir?x=1")
    #expect(moved.status == 301 && moved.headers["Location"] == "/box/dir/?x=1")
    #expect(await refusal { _ = try await world.answer("GET", "/box/no") } == 404)
  }
}

import Archive
import Core
import TestSupport
import Testing

@testable import HTTPFront

/// Handlers whose other cases are tested over a socket.
struct OtherHandlersTests {
  private let world = HandlerWorld()

  @Test func `deleting a directory that is not empty is refused with its path`() async throws {
    world.store.put("box", "dir/a", "x")
    let deletions = DeleteHandler(fileSystem: world.fileSystem)
    do {
      _ = try await deletions.delete(HandlerWorld.path("/box/dir/"), recursive: false, on: .none)
      Issue.record("a directory that is not empty was deleted")
    } catch { #expect((error as? HTTPError)?.fullDirectory == HandlerWorld.path("/box/dir/")) }
    #expect(try await deletions.delete(HandlerWorld.path("/box/dir/"), recursive: true, on: .none).status == 204)
    #expect(world.store.keys("box") == [])
  }

  @Test func `a directory is not moved into itself`() async {
    world.store.put("box", "dir/a", "x")
    let relocations = RelocateHandler(fileSystem: world.fileSystem)
    let status = await refusal {
      _ = try await relocations.relocate(
        HandlerWorld.path("/box/dir/"), to: HandlerWorld.path("/box/dir/in/"), removesSource: true, replaces: false,
        on: .none, HandlerWorld.request("POST"))
    }
    #expect(status == 409 && world.store.keys("box") == ["dir/a"])
  }

  @Test func `metadata is returned, and a change applies to the given names`() async throws {
    world.store.put("box", "a.css", "x")
    let metadata = MetadataHandler(fileSystem: world.fileSystem)
    let path = HandlerWorld.path("/box/a.css")
    let body = RequestBody([#"{"metadata": {"#, #""name": "value"}}"#])
    #expect(try await metadata.change(path, replacesAll: false, on: .none, body).status == 204)
    #expect(try await metadata.inspect(path, HandlerWorld.request("GET")).text?.contains("value") == true)
    #expect(
      await refusal { _ = try await metadata.change(path, replacesAll: false, on: .none, RequestBody(["[]"])) } == 400)
  }

  @Test func `an archive of no names is refused`() async {
    let archives = ArchiveHandler(fileSystem: world.fileSystem)
    #expect(
      await refusal { _ = try await archives.archiveChosen(HandlerWorld.path("/box/"), .zip, RequestBody(["[]"])) }
        == 400)
  }

  @Test func `a gateway without snapshots answers 404`() async {
    let snapshots = SnapshotHandler(service: nil)
    #expect(await refusal { _ = try await snapshots.answer(.list, HandlerWorld.request("GET")) } == 404)
  }

  @Test func `an asset URL of an older version returns the current file, which must not be cached`() throws {
    let name = try #require(Asset.served.first).name
    let now = try AssetHandler.answer(version: Asset.version, name: name, HandlerWorld.request("GET"))
    #expect(now.headers["Cache-Control"]?.contains("immutable") == true)
    let old = try AssetHandler.answer(version: "old", name: name, HandlerWorld.request("GET"))
    #expect(old.status == 200 && old.headers["Cache-Control"] == "no-cache")
    let tag = try #require(now.headers["ETag"])
    #expect(
      try AssetHandler.answer(version: "old", name: name, HandlerWorld.request("GET", ["If-None-Match": tag])).status
        == 304)
  }
}

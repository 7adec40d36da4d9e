import Core
import TestSupport
import Testing

@testable import HTTPFront

struct PlaceChecksTests {
  private let world = HandlerWorld()
  private var places: PlaceChecks { PlaceChecks(fileSystem: world.fileSystem) }

  @Test func `an upload that would fail after its body is refused before it`() async throws {
    world.store.put("box", "dir/a", "x")
    #expect(await refusal { _ = try await places.checkUpload(to: HandlerWorld.path("/none/a")) } == 404)
    #expect(await refusal { _ = try await places.checkUpload(to: HandlerWorld.path("/box/dir")) } == 409)
    #expect(try await places.checkUpload(to: HandlerWorld.path("/box/dir/a")))
    #expect(try await !places.checkUpload(to: HandlerWorld.path("/box/new")))
  }

  @Test func `a request without conditions costs no check`() async throws {
    world.store.put("box", "a", "x")
    let subject = WriteConditions.Subject.object(HandlerWorld.path("/box/a"), mayBeAbsent: true)
    #expect(try await places.condition(of: subject, HandlerWorld.request("PUT")) == .none)
    #expect(world.recorder.total == 0)
    let absent = HandlerWorld.request("PUT", ["If-None-Match": "*"])
    #expect(await refusal { _ = try await places.condition(of: subject, absent) } == 412)
    #expect(world.recorder.total == 1)
  }

  @Test func `a name that no bucket may have is refused with the rule`() async {
    do {
      try await places.requireBucket(of: HandlerWorld.path("/No_Bucket/a"))
      Issue.record("an invalid bucket's name was accepted")
    } catch { #expect((error as? HTTPError)?.message.contains("there cannot be") == true) }
  }
}

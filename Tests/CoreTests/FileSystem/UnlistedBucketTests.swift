import S3
import TestSupport
import Testing

@testable import Core

/// A server that lists no buckets to clients that sign, as SeaweedFS without a configuration does.
struct UnlistedBucketTests {
  private static func world() -> World {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.hidesBuckets = true
    return World(memory: InMemoryStore(buckets: [], behaviour: behaviour))
  }

  @Test func `a bucket that was created exists and is listed`() async throws {
    let world = Self.world()
    _ = try await world.fileSystem.names.makeDirectory("made", in: .root, permissions: 0o755, caller: World.caller)
    #expect(try await world.find("made") != nil)
    try await world.write("x", to: "made/file")
    #expect(world.memory.text("made", "file") == "x")
    #expect(try await world.fileSystem.byKey.list(.root, freshness: .now).map(\.name) == ["made"])
  }

  @Test func `a deleted bucket is no longer listed`() async throws {
    let world = Self.world()
    try await world.fileSystem.names.createBucket("ours")
    try await world.fileSystem.names.createBucket("theirs")
    try await world.fileSystem.names.deleteBucket("ours")
    try await world.memory.deleteBucket("theirs")
    #expect(try await world.fileSystem.byKey.list(.root, freshness: .now).isEmpty)
    let counts = try await world.requests {
      _ = try await world.fileSystem.byKey.list(.root, freshness: .now)
    }
    #expect(counts == [.listBuckets: 1])
  }
}

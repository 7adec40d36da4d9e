// SEMANTICS: 2.1.3
import Core
import S3
import TestSupport
import Testing

/// Which files are prefetched without a ttl, and which never are.
struct FilesAheadTests {
  private func world(ttl: Duration? = nil, files: Int = 30) async throws -> World {
    let world = World { $0.ttl = ttl }
    for index in 0..<files { world.memory.put("bucket", ObjectKey(name(index)), "content \(index)") }
    world.memory.put("bucket", "zz-large", [UInt8](repeating: 1, count: 300_000))
    _ = try await world.names("bucket")
    world.recorder.reset()
    return world
  }

  private func name(_ index: Int) -> String { "f\(index + 100)" }

  private func read(_ index: Int, in world: World) async throws {
    #expect(try await world.read("bucket/\(name(index))") == "content \(index)")
  }

  @Test func filesReadInOrderArePrefetchedEachOnce() async throws {
    let world = try await world()
    for index in 0..<3 { try await read(index, in: world) }
    await until { world.recorder.count(.getObject) >= 6 }
    let gate = world.faults.hold(.getObject, key: ObjectKey(name(9)))
    for index in 3..<9 { try await read(index, in: world) }
    await gate.reached()
    // The open of a file that is being prefetched waits for it, and sends no second request.
    async let ninth: Void = read(9, in: world)
    gate.release()
    try await ninth
    for index in 10..<30 { try await read(index, in: world) }
    #expect(world.recorder.count(.getObject) == 30)
  }

  @Test func withATTLEveryOpenSendsItsOwnRequest() async throws {
    let world = try await world(ttl: .seconds(1))
    for index in 0..<10 { try await read(index, in: world) }
    #expect(world.recorder.count(.getObject) == 10)
  }

  @Test func aFileReplacedAfterItsPrefetchIsSeenInTheNextBurst() async throws {
    let world = try await world()
    for index in 0..<3 { try await read(index, in: world) }
    await until { world.recorder.count(.getObject) >= 6 }
    world.memory.put("bucket", ObjectKey(name(4)), "replaced")
    world.time.advance(by: .seconds(2))
    #expect(try await world.read("bucket/\(name(4))") == "replaced")
  }

  @Test func prefetchingAMissingFileDoesNotFailEarlierOpens() async throws {
    let world = try await world()
    world.memory.remove("bucket", ObjectKey(name(4)))
    for index in 0..<4 { try await read(index, in: world) }
    await until { world.recorder.count(.getObject) >= 7 }
    #expect(try await world.find("bucket/\(name(4))") == nil)
    try await read(5, in: world)
  }

  @Test func randomOpensAndLargeFilesPrefetchNothing() async throws {
    let world = try await world(files: 40)
    for index in [20, 0, 35, 10, 25] { try await read(index, in: world) }
    #expect(world.recorder.count(.getObject) == 5)
    for index in 37..<40 { try await read(index, in: world) }
    // Only a large file comes next.
    #expect(world.recorder.count(.getObject) == 8)
  }
}

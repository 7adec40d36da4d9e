import Core
import S3
import TestSupport
import Testing

/// What reading by key, as the gateway does, may ask of S3. Exact.
struct ReadBudgetTests {
  private func read(_ key: ObjectKey, _ freshness: Freshness = .withinTTL, in world: World) async throws -> String {
    let path = ObjectPath(bucket: "bucket", key: key)
    let reader = try await world.fileSystem.reader(of: path, freshness: freshness)
    return String(decoding: try await reader.read(at: 0, count: 1 << 16).bytes, as: UTF8.self)
  }

  @Test func `an object read again within the ttl costs nothing, though its directory was never listed`() async throws {
    let world = World()
    world.memory.put("bucket", "dir/file", "text")
    let path = ObjectPath(bucket: "bucket", key: "dir/file")
    let counts = try await world.requests { () async throws in
      for _ in 0..<5 { #expect(try await read("dir/file", in: world) == "text") }
      guard case .object(let info) = try await world.fileSystem.locate(path, freshness: .withinTTL) else {
        Issue.record("no object")
        return
      }
      #expect(info.size == 4 && info.properties != nil)
    }
    #expect(counts == [.getObject: 1])
  }

  @Test func `after the ttl, or when asked to, one HEAD finds what others wrote`() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    #expect(try await read("file", in: world) == "old")
    world.memory.put("bucket", "file", "new!")
    #expect(try await read("file", in: world) == "old")
    #expect(try await read("file", .now, in: world) == "new!")
    world.memory.put("bucket", "file", "newest")
    world.time.advance(by: .seconds(2))
    #expect(try await read("file", in: world) == "newest")
    world.time.advance(by: .seconds(2))
    let counts = try await world.requests { () async throws in #expect(try await read("file", in: world) == "newest") }
    #expect(counts == [.headObject: 1])
  }

  @Test func `what this process writes or deletes is seen at once`() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    #expect(try await read("file", in: world) == "old")
    let path = ObjectPath(bucket: "bucket", key: "file")
    let writer = try world.fileSystem.writer(
      to: path, properties: ObjectProperties(), condition: .none, replacing: true)
    try await writer.append(Array("ours".utf8))
    _ = try await writer.finish()
    #expect(try await read("file", in: world) == "ours")
    _ = try await world.fileSystem.delete(path, recursive: false, ifMatch: nil)
    #expect(await failure { _ = try await read("file", in: world) } == .notFound)
  }

  @Test func `a directory of the same name is still found`() async throws {
    let world = World()
    world.memory.put("bucket", "a", "text")
    world.memory.put("bucket", "a/b", "below")
    #expect(try await read("a", in: world) == "text")
    #expect(try await world.names("bucket").count == 2)
  }
}

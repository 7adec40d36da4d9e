import Core
import S3
import TestSupport
import Testing

/// The exact number of S3 requests for an upload through the gateway, which checks its place first.
struct UploadBudgetTests {
  /// Returns whether it was new.
  @discardableResult
  private func put(_ key: ObjectKey, _ text: String = "x", in world: World) async throws -> Bool {
    let path = ObjectPath(bucket: "bucket", key: key)
    let standing = try await world.fileSystem.byKey.standing(at: path)
    let writer = try world.fileSystem.edits.writer(
      to: path, properties: ObjectProperties(), condition: .none, replacing: standing.object)
    try await writer.append(Array(text.utf8))
    return try await writer.finish().created
  }

  @Test func `many new objects in an unknown directory cost one LIST, and one PUT each`() async throws {
    let world = World()
    world.memory.put("bucket", "dir/there", "x")
    let counts = try await world.requests { () async throws in
      for index in 0..<20 { #expect(try await put(ObjectKey("dir/new\(index)"), in: world)) }
    }
    #expect(counts == [.listObjects: 1, .putObject: 20])
  }

  @Test func `a known object is replaced by one PUT, and found by one LIST`() async throws {
    let world = World()
    world.memory.put("bucket", "dir/there", "x")
    let cold = try await world.requests { () async throws in #expect(try await !put("dir/there", in: world)) }
    #expect(cold == [.listObjects: 1, .putObject: 1])
    let warm = try await world.requests { () async throws in #expect(try await !put("dir/there", in: world)) }
    #expect(warm == [.putObject: 1])
  }

  @Test func `an upload that outlives the ttl still replaces by one PUT`() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    let path = ObjectPath(bucket: "bucket", key: "file")
    let counts = try await world.requests { () async throws in
      let standing = try await world.fileSystem.byKey.standing(at: path)
      #expect(standing == (object: true, directory: false))
      let writer = try world.fileSystem.edits.writer(
        to: path, properties: ObjectProperties(), condition: .none, replacing: standing.object)
      try await writer.append(Array("new".utf8))
      world.time.advance(by: .seconds(60))
      #expect(try await !writer.finish().created)
    }
    #expect(counts == [.listObjects: 1, .putObject: 1])
    #expect(world.memory.text("bucket", "file") == "new")
  }

  @Test func `an object that another client created meanwhile is replaced, and not reported as created`() async throws {
    let world = World()
    #expect(try await put("dir/first", in: world))
    world.memory.put("bucket", "dir/theirs", "theirs")
    let counts = try await world.requests { () async throws in #expect(try await !put("dir/theirs", "ours", in: world))
    }
    #expect(counts == [.putObject: 2])
    #expect(world.memory.text("bucket", "dir/theirs") == "ours")
  }

  @Test func `in a huge directory a single name is looked up without listing the directory`() async throws {
    let world = World()
    for index in 0..<5000 { world.memory.put("bucket", ObjectKey("huge/file\(index)"), "x") }
    try await put("huge/first", in: world)
    let counts = try await world.requests { () async throws in #expect(try await put("huge/second", in: world)) }
    #expect(counts == [.headObject: 1, .listObjects: 1, .putObject: 1])
  }

  @Test func `directories and objects of one name are distinguished, and a missing bucket is not found`()
    async throws
  {
    let world = World()
    world.memory.put("bucket", "only/inside", "x")
    world.memory.put("bucket", "both/inside", "x")
    world.memory.put("bucket", "both", "x")
    #expect(try await world.fileSystem.byKey.standing(at: ObjectPath(bucket: "bucket", key: "only")) == (false, true))
    #expect(try await world.fileSystem.byKey.standing(at: ObjectPath(bucket: "bucket", key: "both")) == (true, true))
    #expect(try await world.fileSystem.byKey.standing(at: ObjectPath(bucket: "bucket", key: "none")) == (false, false))
    await #expect {
      _ = try await world.fileSystem.byKey.standing(at: ObjectPath(bucket: "no-bucket", key: "x"))
    } throws: {
      ($0 as? FileSystemError)?.code == .notFound
    }
  }
}

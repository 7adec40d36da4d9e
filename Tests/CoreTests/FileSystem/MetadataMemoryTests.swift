import Core
import S3
import TestSupport
import Testing

/// Headers once learnt are known in every later listing, also by the next process.
struct MetadataMemoryTests {
  @Test func aListingAfterARemountShowsWhatWasWrittenBefore() async throws {
    let path = TestPath.unique()
    let first = World { $0.metadataFile = path }
    try await first.write("x", to: "bucket/script")
    var changes = AttributeChanges()
    changes.permissions = 0o750
    changes.modified = Timestamp(seconds: 1_234_567_890, nanoseconds: 5)
    _ = try await first.fileSystem.setAttributes(of: try await first.inode("bucket/script"), to: changes, handle: nil)
    #expect(await first.fileSystem.shutDown(deadline: .seconds(10)) == [])

    let second = World(memory: first.memory) { $0.metadataFile = path }
    await second.fileSystem.recalled()
    let counts = try await second.requests { () async throws in
      let handle = try await second.fileSystem.openDirectory(try await second.inode("bucket"))
      let entry = try #require(try second.fileSystem.entries(of: handle, from: 0, limit: 1).first)
      #expect(entry.attributes.permissions == 0o750)
      #expect(entry.attributes.modified == Timestamp(seconds: 1_234_567_890, nanoseconds: 5))
    }
    #expect(counts == [.listBuckets: 1, .listObjects: 1])
  }

  @Test func anotherVersionIsNotShownWithTheOldOnesAttributes() async throws {
    let world = World()
    try await world.write("x", to: "bucket/file")
    world.memory.put("bucket", "file", "other")
    world.time.advance(by: .seconds(2))
    let handle = try await world.fileSystem.openDirectory(try await world.inode("bucket"))
    let entry = try #require(try world.fileSystem.entries(of: handle, from: 0, limit: 1).first)
    #expect(entry.attributes.modified == Timestamp(seconds: 1_700_000_000))
    #expect(entry.attributes.owner == 0)
  }
}

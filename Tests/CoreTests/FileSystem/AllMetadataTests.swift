// SEMANTICS: 6.3
import Core
import S3
import TestSupport
import Testing

/// `--metadata always`: a listing waits for the metadata, which only a HEAD of each object returns.
struct AllMetadataTests {
  private let owned = ObjectProperties(userMetadata: ["mode": "33152", "mtime": "1234567890"])

  private func permissions(_ world: World, _ path: String) async throws -> [UInt32] {
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode(path))
    defer { world.fileSystem.streams.releaseDirectory(handle) }
    return try world.fileSystem.streams.entries(of: handle, from: 0, limit: .max).map(\.attributes.permissions)
  }

  @Test func aListingShowsEveryObjectsOwnMetadataAndTheNextCostsNoHead() async throws {
    let world = World { $0.readsAllMetadata = true }
    for index in 0..<100 { world.memory.put("bucket", ObjectKey("dir/\(index)"), "x", properties: owned) }
    _ = try await world.inode("bucket/dir")
    let first = try await world.requests { () async throws in
      #expect(try await permissions(world, "bucket/dir") == Array(repeating: 0o600, count: 100))
    }
    #expect(first == [.listObjects: 1, .headObject: 100])
    world.time.advance(by: .seconds(2))
    let second = try await world.requests { () async throws in
      #expect(try await permissions(world, "bucket/dir") == Array(repeating: 0o600, count: 100))
    }
    // The directory's own headers, which its listing would have returned.
    #expect(second[.headObject] == 1)
  }

  @Test func onlyANewVersionCostsAHead() async throws {
    let world = World { $0.readsAllMetadata = true }
    for index in 0..<40 { world.memory.put("bucket", ObjectKey("dir/\(index)"), "x", properties: owned) }
    _ = try await permissions(world, "bucket/dir")
    world.memory.put("bucket", "dir/7", "new", properties: ObjectProperties(userMetadata: ["mode": "33188"]))
    world.time.advance(by: .seconds(2))
    let counts = try await world.requests { () async throws in
      #expect(try await permissions(world, "bucket/dir").filter { $0 == 0o644 }.count == 1)
    }
    // One more for the directory's own headers.
    #expect(counts[.headObject] == 2)
  }

  @Test func statOfAnInodeThatOthersRewroteShowsTheNewMetadata() async throws {
    let world = World { $0.readsAllMetadata = true }
    world.memory.put("bucket", "file", "x", properties: owned)
    let inode = try await world.inode("bucket/file")
    world.memory.put("bucket", "file", "new", properties: ObjectProperties(userMetadata: ["mode": "33184"]))
    world.time.advance(by: .seconds(2))
    #expect(try await world.fileSystem.lookups.attributes(of: inode, handle: nil).attributes.permissions == 0o640)
  }

  @Test func withoutItALargeListingShowsDefaults() async throws {
    let world = World()
    for index in 0..<100 { world.memory.put("bucket", ObjectKey("dir/\(index)"), "x", properties: owned) }
    _ = try await world.inode("bucket/dir")
    let counts = try await world.requests { () async throws in
      #expect(try await permissions(world, "bucket/dir") == Array(repeating: 0o644, count: 100))
    }
    #expect(counts == [.listObjects: 1])
  }
}

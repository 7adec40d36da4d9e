// SEMANTICS: 2.4, 10.4
import S3
import TestSupport
import Testing

@testable import Core

/// The exact number of S3 requests for reading by key, as the gateway does.
struct ReadBudgetTests {
  private func read(_ key: ObjectKey, _ freshness: Freshness = .withinTTL, in world: World) async throws -> String {
    let path = ObjectPath(bucket: "bucket", key: key)
    let reader = try await world.fileSystem.byKey.reader(of: path, freshness: freshness)
    return String(decoding: try await reader.read(at: 0, count: 1 << 16).bytes, as: UTF8.self)
  }

  @Test func `an object read again within the ttl costs nothing, though its directory was never listed`() async throws {
    let world = World()
    world.memory.put("bucket", "dir/file", "text")
    let path = ObjectPath(bucket: "bucket", key: "dir/file")
    let counts = try await world.requests { () async throws in
      for _ in 0..<5 { #expect(try await read("dir/file", in: world) == "text") }
      guard case .object(let info) = try await world.fileSystem.byKey.locate(path, freshness: .withinTTL) else {
        Issue.record("no object")
        return
      }
      #expect(info.size == 4 && info.properties != nil)
    }
    #expect(counts == [.getObject: 1])
  }

  @Test func `a range fetches only its own bytes, a whole object each byte once`() async throws {
    let world = World()
    world.memory.put("bucket", "big", String(repeating: "0123456789abcdef", count: (4 << 20) / 16))
    let path = ObjectPath(bucket: "bucket", key: "big")
    _ = try await world.fileSystem.byKey.reader(of: path, freshness: .withinTTL)
    world.recorder.reset()
    for offset in [Int64(1 << 20) + 5, 3 << 20] {
      let reader = try #require(world.fileSystem.byKey.readerInMemory(of: path))
      reader.expect(offset..<offset + 4096)
      #expect(try await reader.read(at: offset, count: 4096).count == 4096)
    }
    #expect(world.recorder.count(.getObject) == 2 && world.recorder.bytesReceived <= 4 * (16 << 10))
    let reader = try #require(world.fileSystem.byKey.readerInMemory(of: path))
    reader.expect(0..<4 << 20)
    var offset: Int64 = 0
    while offset < 4 << 20 { offset += Int64(try await reader.read(at: offset, count: 512 << 10).count) }
    #expect(world.recorder.count(.getObject) <= 5 && world.recorder.bytesReceived <= 5 << 20)
  }

  @Test func `200 random reads of two pages move less than 4 MB`() async throws {
    let world = World()
    world.memory.put("bucket", "big", [UInt8](repeating: 7, count: 32 << 20))
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/big"), flags: [.read])
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<200 {
      let page = Int64.random(in: 1..<8190, using: &generator)
      #expect(try await world.read(file.handle, at: page << 12, count: 8192).count == 8192)
    }
    // 16 KiB for each, and what the open fetched.
    #expect(world.recorder.bytesReceived <= 200 * (16 << 10) + (256 << 10))
    await world.fileSystem.files.release(file.handle)
  }

  @Test func `an object in memory is found without waiting, within the ttl`() async throws {
    let world = World()
    world.memory.put("bucket", "file", "text")
    let path = ObjectPath(bucket: "bucket", key: "file")
    #expect(world.fileSystem.byKey.readerInMemory(of: path) == nil)
    #expect(try await read("file", in: world) == "text")
    let reader = try #require(world.fileSystem.byKey.readerInMemory(of: path))
    #expect(reader.info.size == 4 && reader.cachedRead(at: 0, count: 4)?.bytes == Array("text".utf8))
    world.time.advance(by: .seconds(2))
    #expect(world.fileSystem.byKey.readerInMemory(of: path) == nil)
  }

  @Test func `many objects of one directory are validated by one LIST, and changes are seen`() async throws {
    let world = World()
    let keys = (0..<50).map { ObjectKey("dir/\($0)") }
    for key in keys { world.memory.put("bucket", key, "old") }
    for key in keys { #expect(try await read(key, in: world) == "old") }
    for _ in 0..<3 {
      world.time.advance(by: .seconds(1))
      let counts = try await world.requests { () async throws in
        for key in keys { #expect(try await read(key, in: world) == "old") }
      }
      #expect(counts[.listObjects] == 1 && counts[.headObject, default: 0] <= ReadRate.beforeListing)
      #expect(counts[.getObject] == nil)
    }
    world.memory.put("bucket", keys[49], "new!")
    world.time.advance(by: .seconds(1))
    #expect(try await read(keys[49], in: world) == "new!")
    #expect(try await read(keys[0], in: world) == "old")
  }

  @Test func `after the ttl, or when freshness is requested, one HEAD finds what others wrote`() async throws {
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

  @Test func `own writes and deletions are seen at once`() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    #expect(try await read("file", in: world) == "old")
    let path = ObjectPath(bucket: "bucket", key: "file")
    let writer = try world.fileSystem.edits.writer(
      to: path, properties: ObjectProperties(), condition: .none, replacing: true)
    try await writer.append(Array("ours".utf8))
    _ = try await writer.finish()
    #expect(try await read("file", in: world) == "ours")
    _ = try await world.fileSystem.edits.delete(path, recursive: false, ifMatch: nil)
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

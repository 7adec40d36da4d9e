// SEMANTICS: 10.6
import Foundation
import S3
import TestSupport
import Testing

@testable import Core

/// Bytes that were read are on disk for the next process, which never returns wrong bytes from there.
struct DiskCacheTests {
  private let directory = TestPath.unique()

  /// A process over the same store and the same disk as `other`.
  private func process(after other: World? = nil, _ change: (inout FileSystemOptions) -> Void = { _ in }) -> World {
    World(memory: other?.memory) { options in
      options.contentsDirectory = directory
      change(&options)
    }
  }

  private func end(_ world: World) async { await world.fileSystem.cache.kept?.finish() }

  /// Reads the whole file, through one open.
  private func readAll(_ world: World) async throws -> String {
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/file"), flags: [.read])
    var bytes: [UInt8] = []
    while Int64(bytes.count) < file.attributes.size {
      bytes += try await world.read(file.handle, at: Int64(bytes.count), count: 128 << 10)
    }
    await world.fileSystem.files.release(file.handle)
    return String(decoding: bytes, as: UTF8.self)
  }

  private var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted() }

  private func text(_ count: Int, seed: Int = 0) -> String {
    String((0..<count).map { Character(UnicodeScalar(UInt8(97 + ($0 / 7 + $0 % 11 + seed) % 26))) })
  }

  @Test(arguments: [5, 131_072, 131_073, 3_000_000])
  func `after a restart an unchanged object costs one HEAD and no bytes`(size: Int) async throws {
    let first = process()
    first.memory.put("bucket", "file", text(size))
    #expect(try await readAll(first) == text(size))
    await end(first)
    let second = process(after: first)
    _ = try await second.inode("bucket/file")
    let counts = try await second.requests { () async throws in
      #expect(try await readAll(second) == text(size))
    }
    #expect(counts == [.headObject: 1])
  }

  @Test func `an object that changed since the last run is fetched again`() async throws {
    let first = process()
    first.memory.put("bucket", "file", text(300_000))
    _ = try await readAll(first)
    await end(first)
    first.memory.put("bucket", "file", text(300_000, seed: 1))
    let second = process(after: first)
    #expect(try await readAll(second) == text(300_000, seed: 1))
    await end(second)
    let third = process(after: first)
    #expect(try await readAll(third) == text(300_000, seed: 1))
    #expect(third.recorder.bytesReceived == 0 && files.count == 1)
  }

  @Test func `bytes damaged on disk are fetched again`() async throws {
    let first = process()
    first.memory.put("bucket", "file", text(600_000))
    _ = try await readAll(first)
    await end(first)
    let file = try #require(FileHandle(forUpdatingAtPath: "\(directory)/\(files[0])"))
    try file.seek(toOffset: 4096 + 200_000)
    try file.write(contentsOf: Data("damage".utf8))
    try file.close()
    let second = process(after: first)
    #expect(try await readAll(second) == text(600_000))
    #expect(second.recorder.bytesReceived > 0)
    await end(second)
    let third = process(after: first)
    #expect(try await readAll(third) == text(600_000))
    #expect(third.recorder.bytesReceived == 0, "the damaged bytes were not cached again")
  }

  @Test func `a cache file that another process removed is written again`() async throws {
    let first = process()
    first.memory.put("bucket", "file", text(600_000))
    _ = try await readAll(first)
    await end(first)
    try FileManager.default.removeItem(atPath: "\(directory)/\(files[0])")
    let kept = try #require(first.fileSystem.cache.kept)
    let head = try await first.memory.headObject(
      ObjectReference(bucket: "bucket", key: "file"), conditions: .none, versionID: nil)
    let version = ContentCache.Version(reference: ObjectReference(bucket: "bucket", key: "file"), etag: head.etag)
    let block = ContentCache.Block(offset: 0, bytes: Array(text(600_000).utf8.prefix(Int(ContentCache.blockSize))))
    kept.fetched(block, of: DiskCacheObject(version: version, size: 600_000), id: 1, isPassing: false)
    await end(first)
    #expect(files.count == 1)
  }

  @Test func `an object larger than the disk cache's limit is not cached`() async throws {
    let world = process { $0.cacheSize = 1 << 20 }
    world.memory.put("bucket", "file", text(600_000))
    #expect(try await readAll(world) == text(600_000))
    await end(world)
    #expect(files.isEmpty)
  }

  @Test func `a truncated cache file does no harm`() async throws {
    let first = process()
    first.memory.put("bucket", "file", text(600_000))
    _ = try await readAll(first)
    await end(first)
    for size in [UInt64(300_000), 4096, 10, 0] {
      let file = try #require(FileHandle(forUpdatingAtPath: "\(directory)/\(files[0])"))
      try file.truncate(atOffset: size)
      try file.close()
      let next = process(after: first)
      #expect(try await readAll(next) == text(600_000))
      await end(next)
    }
  }

  @Test func `the cache file of another object is not used`() async throws {
    let first = process()
    first.memory.put("bucket", "one", text(1000))
    first.memory.put("bucket", "two", text(1000, seed: 1))
    _ = try await first.read("bucket/one")
    await end(first)
    let one = files
    _ = try await first.read("bucket/two")
    await end(first)
    let two = files.filter { !one.contains($0) }
    try FileManager.default.removeItem(atPath: "\(directory)/\(two[0])")
    try FileManager.default.copyItem(atPath: "\(directory)/\(one[0])", toPath: "\(directory)/\(two[0])")
    let second = process(after: first)
    #expect(try await second.read("bucket/two") == text(1000, seed: 1))
  }

  @Test func `an object larger than memory is cached on disk too`() async throws {
    let first = process { $0.memory = 4 << 20 }
    first.memory.put("bucket", "file", text(10 << 20))
    _ = try await readAll(first)
    await end(first)
    let second = process(after: first) { $0.memory = 4 << 20 }
    #expect(try await readAll(second) == text(10 << 20))
    #expect(second.recorder.bytesReceived == 0)
  }

  @Test func `bytes just read are served from disk after waiting for their write`() async throws {
    let world = process { $0.memory = 4 << 20 }
    let size: Int64 = 3 << 20
    world.memory.put("bucket", "file", text(Int(size)))
    let reader = try await world.fileSystem.byKey.reader(of: ObjectPath(bucket: "bucket", key: "file"), freshness: .now)
    #expect(await reader.keptPartSoon(0..<size) == nil, "bytes that were never read are not being written")
    _ = try await readAll(world)
    let part = try #require(await reader.keptPartSoon(0..<size))
    let file = try FileHandle(fileDescriptor: #require(part.openDescriptor()), closeOnDealloc: true)
    try file.seek(toOffset: UInt64(part.offset))
    #expect(try file.read(upToCount: Int(part.length)) == Data(text(Int(size)).utf8))
  }

  @Test func `bytes on disk are sent from there, however many blocks of other objects wait for it`() async throws {
    let kept = DiskCache(directory: directory, limit: 1 << 30, pause: .seconds(600))
    let unit = ContentCache.blockSize
    func object(_ key: ObjectKey, blocks: Int64) -> DiskCacheObject {
      DiskCacheObject(
        version: .init(reference: ObjectReference(bucket: "bucket", key: key), etag: ETag("e")), size: blocks * unit)
    }
    func fetch(_ object: DiskCacheObject, id: UInt64) {
      for offset in stride(from: 0, to: object.size, by: Int(unit)) {
        let block = ContentCache.Block(offset: offset, bytes: [UInt8](repeating: 1, count: Int(unit)))
        kept.fetched(block, of: object, id: id, isPassing: true)
      }
    }
    let (here, coming) = (object("here", blocks: 8), object("coming", blocks: 12))
    fetch(here, id: 1)
    await kept.finish()
    fetch(coming, id: 2)
    #expect(await kept.partSoon(of: here, id: 1, 0..<here.size) != nil)
    #expect(await kept.partSoon(of: coming, id: 2, 0..<unit) == nil, "the wait for the queue costs more than one block")
    #expect(await kept.partSoon(of: coming, id: 2, 0..<coming.size) != nil)
  }

  @Test func `deleting an object deletes its cache file`() async throws {
    let world = process()
    world.memory.put("bucket", "file", text(1000))
    _ = try await readAll(world)
    await end(world)
    #expect(files.count == 1)
    try await world.fileSystem.names.unlink("file", in: try await world.inode("bucket"))
    await until { files.isEmpty }
    #expect(world.fileSystem.cache.kept?.heldBytes == 0)
  }

  @Test func `the disk cache takes at most half of the cache size`() async throws {
    let world = process { $0.cacheSize = 4 << 20 }
    for number in 0..<8 { world.memory.put("bucket", ObjectKey("file-\(number)"), text(600_000, seed: number)) }
    for number in 0..<8 {
      _ = try await world.read("bucket/file-\(number)")
      await end(world)
      #expect(try #require(world.fileSystem.cache.kept?.heldBytes) <= 2 << 20)
    }
    #expect(!files.isEmpty && files.count < 5)
  }

  @Test func `a cache file in use is not evicted as the oldest, whenever it was opened`() async throws {
    // Files of earlier runs that nobody has open.
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let others = (0..<2).map { "000000000000000\($0)" }
    for name in others {
      #expect(
        FileManager.default.createFile(atPath: directory + "/" + name, contents: Data(repeating: 1, count: 600_000)))
    }
    let world = process { $0.cacheSize = 4 << 20 }
    world.memory.put("bucket", "used", text(600_000))
    world.memory.put("bucket", "new", text(600_000, seed: 1))
    _ = try await world.read("bucket/used")
    await end(world)
    let used = try #require(files.first { !others.contains($0) })
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1000)], ofItemAtPath: directory + "/" + used)
    _ = try await world.read("bucket/new")
    await end(world)
    #expect(files.contains(used) && !others.allSatisfy(files.contains))
  }

  @Test func `two processes share the disk cache`() async throws {
    let first = process()
    first.memory.put("bucket", "file", text(600_000))
    let second = process(after: first)
    async let one = readAll(first)
    async let other = readAll(second)
    #expect(try await (one, other) == (text(600_000), text(600_000)))
    await end(first)
    await end(second)
    #expect(files.count == 1)
    let third = process(after: first)
    #expect(try await readAll(third) == text(600_000) && third.recorder.bytesReceived == 0)
  }

  @Test func `without a writable directory everything is read from S3`() async throws {
    #expect(FileManager.default.createFile(atPath: directory, contents: nil))
    let world = process()
    world.memory.put("bucket", "file", text(600_000))
    #expect(try await readAll(world) == text(600_000))
    await end(world)
  }

  @Test func `the disk cache is emptied when unsaved bytes need the disk`() async throws {
    let world = process()
    world.memory.put("bucket", "file", text(600_000))
    _ = try await readAll(world)
    await end(world)
    let kept = try #require(world.fileSystem.cache.kept)
    #expect(kept.giveUpAll() && files.isEmpty && kept.heldBytes == 0 && !kept.giveUpAll())
    #expect(try await readAll(world) == text(600_000))
  }
}

// SEMANTICS: 10.1
import S3
import TestSupport
import Testing

@testable import Core

/// Headers that were fetched once are known in every later listing, also in the next process.
struct MetadataMemoryTests {
  @Test func aListingAfterARemountShowsWhatWasWrittenBefore() async throws {
    let path = TestPath.unique()
    let first = World { $0.metadataFile = path }
    try await first.write("x", to: "bucket/script")
    var changes = AttributeChanges()
    changes.permissions = 0o750
    changes.modified = Timestamp(seconds: 1_234_567_890, nanoseconds: 5)
    _ = try await first.fileSystem.attributeWriter.setAttributes(
      of: try await first.inode("bucket/script"), to: changes, handle: nil)
    #expect(await first.fileSystem.saving.shutDown(deadline: .seconds(10)).isEmpty)

    let second = World(memory: first.memory) { $0.metadataFile = path }
    await second.fileSystem.knowledge.recalled()
    let counts = try await second.requests { () async throws in
      let handle = try await second.fileSystem.streams.openDirectory(try await second.inode("bucket"))
      let entry = try #require(try second.fileSystem.streams.entries(of: handle, from: 0, limit: 1).first)
      #expect(entry.attributes.permissions == 0o750)
      #expect(entry.attributes.modified == Timestamp(seconds: 1_234_567_890, nanoseconds: 5))
    }
    #expect(counts == [.listBuckets: 1, .listObjects: 1])
  }

  private func entry(_ number: Int, of count: Int = 1) -> MetadataLog.Entry {
    var properties = ObjectProperties(userMetadata: ["mode": "33188", "number": "\(number)"])
    properties.contentType = "text/plain"
    let head = ObjectHead(
      size: 1, etag: ETag("etag"), lastModified: Timestamp(seconds: 1), properties: properties)
    return MetadataLog.Entry(bucket: "bucket", key: "key\(number % count)", isListed: true, head: head)
  }

  private func size(_ path: String) -> Int {
    [path, path + ".old"].reduce(0) { $0 + (Disk.read($1)?.count ?? 0) }
  }

  @Test func theFilesOfRememberedHeadersAreBoundedAndTheNewestStay() async throws {
    let path = TestPath.unique()
    let capacity = 20_000
    let logs = try (0..<2).map { _ in try #require(MetadataLog(path: path, capacity: capacity)) }
    for number in 0..<1000 {
      // Two processes in turn.
      logs[number / 7 % 2].append(entry(number, of: 30))
      await logs[number / 7 % 2].written()
      // The other process may be writing a line when the file is full.
      #expect(size(path) <= capacity + 500)
    }
    var newest: [String: String] = [:]
    logs[0].read { newest[$0.key] = $0.head.properties.userMetadata["number"] }
    #expect(newest.count == 30)
    for number in 970..<1000 { #expect(newest["key\(number % 30)"] == "\(number)") }
  }

  @Test func aTornLineAndAnEndlessOneAreLeftOut() async throws {
    let path = TestPath.unique()
    try Disk.write(
      Array("{\"bucket\": \"torn\n".utf8) + [UInt8](repeating: 1, count: 1 << 20), to: path, durably: false)
    let log = try #require(MetadataLog(path: path))
    try Disk.append([UInt8(ascii: "\n")], to: path, durably: false)
    log.append(entry(5))
    await log.written()
    var read: [String] = []
    log.read { read.append($0.key) }
    #expect(read == ["key0"])
  }

  @Test func headersOfThisRunAreNewerThanThoseOfEarlierRuns() {
    var memory = MetadataMemory(capacity: 1 << 20, names: ByteBudget(limit: 1 << 20))
    let (old, newer, own) = (entry(1, of: 1), entry(2, of: 1), entry(3, of: 1))
    memory.recall(old.head, of: old.reference, isListed: true)
    memory.recall(newer.head, of: old.reference, isListed: true)
    #expect(memory.latest(of: old.reference) == newer.head)
    memory.remember(own.head, of: old.reference, isListed: true, checkedAt: .now)
    memory.recall(newer.head, of: old.reference, isListed: true)
    #expect(memory.latest(of: old.reference) == own.head)
  }

  @Test func anotherVersionIsNotShownWithTheOldOnesAttributes() async throws {
    let world = World()
    try await world.write("x", to: "bucket/file")
    world.memory.put("bucket", "file", "other")
    world.time.advance(by: .seconds(2))
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode("bucket"))
    let entry = try #require(try world.fileSystem.streams.entries(of: handle, from: 0, limit: 1).first)
    #expect(entry.attributes.modified == Timestamp(seconds: 1_700_000_000))
    #expect(entry.attributes.owner == 0)
  }

  @Test func `headers requested before a change do not replace those of the change`() {
    var memory = MetadataMemory(capacity: 1 << 20, names: ByteBudget(limit: 1 << 20))
    let (now, reference) = (ContinuousClock.now, ObjectReference(bucket: "bucket", key: "key"))
    func head(_ type: String) -> ObjectHead {
      ObjectHead(
        size: 1, etag: ETag("etag"), lastModified: Timestamp(seconds: 100),
        properties: ObjectProperties(contentType: type))
    }
    memory.remember(head("new"), of: reference, isListed: true, checkedAt: now, writtenAt: now)
    memory.remember(head("old"), of: reference, isListed: true, checkedAt: now - .milliseconds(1))
    #expect(memory.latest(of: reference)?.properties.contentType == "new")
  }
}

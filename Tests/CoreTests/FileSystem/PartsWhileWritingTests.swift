// SEMANTICS: 3.9
import S3
import TestSupport
import Testing

@testable import Core

/// The size that stands for a mebibyte in these tests.
private let unit: Int64 = 4096

@Suite("Parts of a large file go to S3 while it is written")
struct PartsWhileWritingTests {
  let world = World(unit: unit)

  private func create(_ name: String) async throws -> FileHandle {
    try await world.fileSystem.files.create(
      name, in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller
    ).file.handle
  }

  /// Bytes that depend on their position.
  private func pattern(_ range: Range<Int64>, _ seed: Int64 = 0) -> [UInt8] {
    range.map { UInt8(truncatingIfNeeded: ($0 + seed) / 1000 &+ $0) }
  }

  private func write(_ range: Range<Int64>, to file: FileHandle, seed: Int64 = 0) async throws {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Int(unit)) {
      let part = start..<min(start + unit, range.upperBound)
      _ = try await world.fileSystem.files.write(pattern(part, seed), at: start, to: file)
    }
  }

  private func save(_ file: FileHandle) async throws {
    try await world.fileSystem.files.flush(file, othersOpen: false)
    await world.fileSystem.files.release(file)
  }

  private func requests() -> [StoreOperation: Int] { world.recorder.counts.filter { $0.key != .listObjects } }

  @Test("finished parts are in S3 before the close, which sends the rest")
  func earlyParts() async throws {
    let file = try await create("large")
    world.recorder.reset()
    try await write(0..<33 * unit, to: file)
    await until { world.recorder.count(.uploadPart) == 4 }
    #expect(world.memory.keys("bucket") == [])
    try await save(file)
    #expect(world.memory.bytes("bucket", "large") == pattern(0..<33 * unit))
    #expect(requests() == [.createMultipartUpload: 1, .uploadPart: 5, .completeMultipartUpload: 1])
    #expect(world.recorder.bytesSent == 33 * unit)
  }

  @Test("up to the threshold nothing is sent early")
  func small() async throws {
    let file = try await create("small")
    world.recorder.reset()
    try await write(0..<16 * unit, to: file)
    try await save(file)
    #expect(requests() == [.putObject: 1])
  }

  @Test("a part written again is sent again, alone")
  func rewritten() async throws {
    let file = try await create("large")
    world.recorder.reset()
    try await write(0..<32 * unit, to: file)
    await until { world.recorder.count(.uploadPart) == 4 }
    _ = try await world.fileSystem.files.write([1, 2, 3], at: 9 * unit, to: file)
    try await save(file)
    var expected = pattern(0..<32 * unit)
    expected.replaceSubrange(Int(9 * unit)..<Int(9 * unit) + 3, with: [1, 2, 3])
    #expect(world.memory.bytes("bucket", "large") == expected)
    #expect(requests() == [.createMultipartUpload: 1, .uploadPart: 5, .completeMultipartUpload: 1])
  }

  @Test("a part written again while it is in flight is sent again")
  func rewrittenUnderWay() async throws {
    let file = try await create("large")
    let hold = world.faults.hold(.uploadPart, call: 2)
    try await write(0..<24 * unit, to: file)
    await hold.reached()
    _ = try await world.fileSystem.files.write([1, 2, 3], at: 9 * unit, to: file)
    hold.release()
    try await save(file)
    #expect(world.memory.bytes("bucket", "large")?[Int(9 * unit)..<Int(9 * unit) + 3] == [1, 2, 3])
    #expect(world.memory.uploadsInProgress == 0)
  }

  @Test("truncation discards parts, and the object is right after later writes", arguments: [0, 5, 18, 20] as [Int64])
  func truncated(mebibytes: Int64) async throws {
    let file = try await create("large")
    try await write(0..<32 * unit, to: file)
    await until { world.recorder.count(.uploadPart) == 4 }
    var changes = AttributeChanges()
    changes.size = mebibytes * unit
    let inode = try await world.inode("bucket/large")
    _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: file)
    try await write(mebibytes * unit..<30 * unit, to: file, seed: 77)
    try await save(file)
    #expect(
      world.memory.bytes("bucket", "large")
        == pattern(0..<mebibytes * unit) + pattern(mebibytes * unit..<30 * unit, 77))
    await until { world.memory.uploadsInProgress == 0 }
  }

  @Test("a large file truncated to a small one is one PUT, and its multipart upload is aborted")
  func cutShort() async throws {
    let file = try await create("large")
    try await write(0..<32 * unit, to: file)
    var changes = AttributeChanges()
    changes.size = 1000
    let inode = try await world.inode("bucket/large")
    _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: file)
    try await save(file)
    #expect(world.memory.bytes("bucket", "large") == pattern(0..<1000))
    #expect(world.recorder.count(.putObject) == 1)
    await until { world.memory.uploadsInProgress == 0 }
  }

  @Test("a file unlinked before its close leaves no object and no upload")
  func unlinked() async throws {
    let file = try await create("large")
    try await write(0..<32 * unit, to: file)
    await until { world.memory.uploadsInProgress == 1 }
    try await world.fileSystem.names.unlink("large", in: try await world.inode("bucket"))
    try await save(file)
    await until { world.memory.uploadsInProgress == 0 }
    #expect(world.memory.keys("bucket") == [])
  }

  @Test("a file renamed before its close becomes an object of the new name only")
  func renamed() async throws {
    let file = try await create("large")
    try await write(0..<32 * unit, to: file)
    await until { world.memory.uploadsInProgress == 1 }
    try await world.rename("bucket/large", to: "bucket/other")
    try await write(32 * unit..<34 * unit, to: file)
    try await save(file)
    #expect(world.memory.keys("bucket") == ["other"])
    #expect(world.memory.bytes("bucket", "other") == pattern(0..<34 * unit))
    await until { world.memory.uploadsInProgress == 0 }
  }

  @Test("a failed part does not fail the close", arguments: [StoreOperation.createMultipartUpload, .uploadPart])
  func failed(operation: StoreOperation) async throws {
    world.faults.fail(operation)
    let file = try await create("large")
    try await write(0..<32 * unit, to: file)
    try await save(file)
    #expect(world.memory.bytes("bucket", "large") == pattern(0..<32 * unit))
    await until { world.memory.uploadsInProgress == 0 }
  }

  @Test("a failed close keeps the bytes, and the next attempt saves them")
  func failedAtTheEnd() async throws {
    world.faults.fail(.completeMultipartUpload, times: 3)
    let file = try await create("large")
    try await write(0..<32 * unit, to: file)
    #expect(await failure { try await world.fileSystem.files.flush(file, othersOpen: false) } == .ioFailure)
    await until { world.memory.uploadsInProgress == 0 }
    try await save(file)
    #expect(world.memory.bytes("bucket", "large") == pattern(0..<32 * unit))
  }

  @Test("mode and times set during the upload are written by one COPY after the bytes")
  func headers() async throws {
    let file = try await create("large")
    try await write(0..<20 * unit, to: file)
    await until { world.memory.uploadsInProgress == 1 }
    var changes = AttributeChanges()
    changes.permissions = 0o640
    changes.modified = Timestamp(seconds: 1_000_000)
    let inode = try await world.inode("bucket/large")
    _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: file)
    try await save(file)
    #expect(world.recorder.count(.copyObject) == 1)
    let stored = PosixMetadata(userMetadata: world.memory.head("bucket", "large")?.properties.userMetadata ?? [:])
    #expect(stored.permissions == 0o640 && stored.modified == Timestamp(seconds: 1_000_000))
    #expect(world.memory.bytes("bucket", "large") == pattern(0..<20 * unit))
    #expect(try await world.find("bucket/large")?.attributes.modified == Timestamp(seconds: 1_000_000))
  }

  @Test("stat returns the time that is stored, without a COPY")
  func times() async throws {
    let file = try await create("large")
    try await write(0..<20 * unit, to: file)
    await until { world.memory.uploadsInProgress == 1 }
    world.time.advance(by: .seconds(5))
    try await write(20 * unit..<21 * unit, to: file)
    try await save(file)
    #expect(world.recorder.count(.copyObject) == 0)
    let stored = PosixMetadata(userMetadata: world.memory.head("bucket", "large")?.properties.userMetadata ?? [:])
    #expect(try await world.find("bucket/large")?.attributes.modified == stored.modified)
  }

  @Test("a writer too far ahead of S3 waits until parts have arrived")
  func backPressure() async throws {
    let holds = (1...4).map { world.faults.hold(.uploadPart, call: $0) }
    let file = try await create("large")
    // Four parts in flight, and as many as may wait.
    try await write(0..<(32 + 64 + 1) * unit, to: file)
    let next: Int64 = 97 * unit
    #expect(try world.fileSystem.files.writeNow(pattern(next..<next + 10).span.bytes, at: next, to: file) == nil)
    async let waiting = world.fileSystem.files.write(pattern(next..<next + 10), at: next, to: file)
    for hold in holds { hold.release() }
    #expect(try await waiting == 10)
    try await save(file)
    #expect(world.memory.bytes("bucket", "large") == pattern(0..<next + 10))
  }

  @Test("a cancelled writer does not wait for S3")
  func killed() async throws {
    let holds = (1...4).map { world.faults.hold(.uploadPart, call: $0) }
    let file = try await create("large")
    try await write(0..<97 * unit, to: file)
    let waiting = Task { [world] in try await world.fileSystem.files.write([1], at: 97 * unit, to: file) }
    waiting.cancel()
    #expect(try await waiting.value == 1)
    for hold in holds { hold.release() }
    try await save(file)
  }

  @Test("HTTP uploads send parts early, too, and a dropped one leaves nothing")
  func gateway() async throws {
    let path = ObjectPath(bucket: "bucket", key: "large")
    let piece = pattern(0..<unit)
    for isDropped in [true, false] {
      let writer = try world.fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: .none)
      for _ in 0..<24 { try await writer.append(piece) }
      await until { world.memory.uploadsInProgress == 1 }
      if isDropped { await writer.cancel() } else { #expect(try await writer.finish().created) }
      await until { world.memory.uploadsInProgress == 0 }
    }
    #expect(world.memory.bytes("bucket", "large") == Array((0..<24).map { _ in piece }.joined()))
  }
}

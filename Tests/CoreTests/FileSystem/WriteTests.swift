// SEMANTICS: 3.1, 3.2, 3.3, 3.5, 3.7
import Core
import S3
import TestSupport
import Testing

/// Writing, and saving to S3.
struct WriteTests {
  @Test func theObjectChangesAtFlushAndNotBefore() async throws {
    let world = World()
    world.memory.put("bucket", "file", "before")
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/file"), flags: [.write])
    _ = try await world.fileSystem.files.write(Array("AFT".utf8), at: 0, to: file.handle)
    #expect(world.memory.text("bucket", "file") == "before")
    #expect(try await world.read("bucket/file") == "AFTore")
    try await world.fileSystem.files.flush(file.handle, othersOpen: false)
    #expect(world.memory.text("bucket", "file") == "AFTore")
  }

  @Test func aNewFileIsSeenInTheMountBeforeItIsInS3() async throws {
    let world = World()
    let made = try await world.fileSystem.files.create(
      "new", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller)
    #expect(try await world.names("bucket") == ["new"])
    #expect(try await world.find("bucket/new")?.attributes.permissions == 0o600)
    #expect(world.memory.keys("bucket") == [])
    try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    #expect(world.memory.keys("bucket") == ["new"])
  }

  @Test func theFirstCloseOfADuplicatedDescriptorSendsNothing() async throws {
    let world = World()
    let made = try await world.fileSystem.files.create(
      "new", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller)
    #expect(world.fileSystem.files.handlesToSave(by: made.file.handle) == 1)
    let counts = try await world.requests {
      try await world.fileSystem.files.flush(made.file.handle, othersOpen: true)
      _ = try await world.fileSystem.files.write(Array("hi".utf8), at: 0, to: made.file.handle)
      try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    }
    #expect(counts == [.putObject: 1])
  }

  @Test func appendsOfTwoHandlesDoNotOverwriteEachOther() async throws {
    let world = World()
    world.memory.put("bucket", "log", "0")
    let inode = try await world.inode("bucket/log")
    let one = try await world.fileSystem.files.open(inode, flags: [.write, .append])
    let two = try await world.fileSystem.files.open(inode, flags: [.write, .append])
    for index in 1...3 {
      _ = try await world.fileSystem.files.write(
        Array("\(index)".utf8), at: 0, to: index == 2 ? two.handle : one.handle)
    }
    try await world.fileSystem.files.flush(one.handle, othersOpen: false)
    #expect(world.memory.text("bucket", "log") == "0123")
  }

  @Test func aMappedPageIsWrittenAtItsOffsetAlsoThroughAnAppendingHandle() async throws {
    let world = World()
    world.memory.put("bucket", "file", "abcdef")
    let file = try await world.fileSystem.files.open(
      try await world.inode("bucket/file"), flags: [.read, .write, .append])
    _ = try await world.fileSystem.files.write(Array("XY".utf8), at: 2, to: file.handle, isPage: true)
    try await world.fileSystem.files.flush(file.handle, othersOpen: false)
    #expect(world.memory.text("bucket", "file") == "abXYef")
  }

  @Test func writingBeyondTheEndLeavesZerosBetween() async throws {
    let world = World()
    world.memory.put("bucket", "file", "ab")
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/file"), flags: [.write])
    _ = try await world.fileSystem.files.write([9], at: 4, to: file.handle)
    try await world.fileSystem.files.synchronize(file.handle)
    #expect(world.memory.bytes("bucket", "file") == Array("ab".utf8) + [0, 0, 9])
  }

  @Test func truncatedBytesDoNotComeBack() async throws {
    let world = World()
    world.memory.put("bucket", "file", "abcdef")
    let inode = try await world.inode("bucket/file")
    var changes = AttributeChanges()
    for size in [2, 4] as [Int64] {
      changes.size = size
      _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    }
    #expect(world.memory.bytes("bucket", "file") == Array("ab".utf8) + [0, 0])
  }

  @Test func patchingALargeObjectSendsLittle() async throws {
    let world = World()
    let bytes = (0..<40_000_000).map { UInt8(truncatingIfNeeded: $0 / 1000) }
    world.memory.put("bucket", "large", bytes)
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/large"), flags: [.read, .write])
    _ = try await world.fileSystem.files.write([255], at: 20_000_000, to: file.handle)
    world.recorder.reset()
    try await world.fileSystem.files.flush(file.handle, othersOpen: false)
    #expect(world.recorder.bytesSent < 8_000_000 && world.recorder.bytesReceived < 8_000_000)
    var expected = bytes
    expected[20_000_000] = 255
    #expect(world.memory.bytes("bucket", "large") == expected)
  }

  @Test func aLargeNewFileIsUploadedInParts() async throws {
    let world = World()
    let made = try await world.fileSystem.files.create(
      "large", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller)
    let piece = [UInt8](repeating: 7, count: 1 << 20)
    for index in 0..<20 {
      _ = try await world.fileSystem.files.write(piece, at: Int64(index) << 20, to: made.file.handle)
    }
    try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    #expect(world.memory.bytes("bucket", "large")?.count == 20 << 20)
    #expect(world.recorder.count(.completeMultipartUpload) == 1)
    #expect(world.memory.uploadsInProgress == 0)
  }

  @Test func aRefusedUploadIsReportedKeptAndRetried() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    world.faults.fail(.putObject, times: .max, with: .internalError)
    let inode = try await world.inode("bucket/file")
    let file = try await world.fileSystem.files.open(inode, flags: [.write, .truncate])
    _ = try await world.fileSystem.files.write(Array("new".utf8), at: 0, to: file.handle)
    #expect(await failure { try await world.fileSystem.files.flush(file.handle, othersOpen: false) } == .ioFailure)
    await world.fileSystem.files.release(file.handle)
    #expect(world.fileSystem.saving.unsavedFiles == ["s3://bucket/file"])
    #expect(try await world.read("bucket/file") == "new")
    #expect(world.memory.text("bucket", "file") == "old")
    world.faults.heal()
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(world.memory.text("bucket", "file") == "new")
  }

  @Test func shutdownDoesNotWaitLongForAnUploadThatHangs() async throws {
    let world = World()
    let made = try await world.fileSystem.files.create(
      "file", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller)
    _ = try await world.fileSystem.files.write(Array("bytes".utf8), at: 0, to: made.file.handle)
    let gate = world.faults.hold(.putObject)
    async let flushed: Void = world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    await gate.reached()
    #expect(await world.fileSystem.saving.shutDown(deadline: .milliseconds(20)).closed == ["s3://bucket/file"])
    gate.release()
    try await flushed
  }

  @Test func aFailedPartLeavesNoUploadBehind() async throws {
    let world = World()
    world.faults.fail(.uploadPart, call: 2, times: .max, with: .internalError)
    let writer = try world.fileSystem.edits.writer(
      to: ObjectPath(bucket: "bucket", key: "large"), properties: ObjectProperties(), condition: .none)
    for _ in 0..<20 { try await writer.append([UInt8](repeating: 7, count: 1 << 20)) }
    #expect(await failure { _ = try await writer.finish() } == .ioFailure)
    await until { world.memory.uploadsInProgress == 0 }
    #expect(world.memory.keys("bucket") == [])
  }

  @Test func aConditionalUploadChangesNothingWhenItsConditionFails() async throws {
    let world = World()
    let etag = world.memory.put("bucket", "file", "theirs")
    let path = ObjectPath(bucket: "bucket", key: "file")
    for condition in [.ifAbsent, .ifMatch(ETag("another"))] as [WriteCondition] {
      let writer = try world.fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: condition)
      try await writer.append(Array("ours".utf8))
      #expect(await failure { _ = try await writer.finish() } == .preconditionFailed)
    }
    #expect(world.memory.text("bucket", "file") == "theirs")
    let writer = try world.fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: .ifMatch(etag))
    try await writer.append(Array("ours".utf8))
    #expect(try await writer.finish().created == false)
    #expect(world.memory.text("bucket", "file") == "ours")
  }

  @Test("3.1 writes during an upload are not part of it, and are uploaded by the next close")
  func writesDuringAnUpload() async throws {
    let world = World()
    let made = try await world.fileSystem.files.create(
      "file", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller)
    _ = try await world.fileSystem.files.write(Array("one".utf8), at: 0, to: made.file.handle)
    let gate = world.faults.hold(.putObject)
    async let flushed: Void = world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    await gate.reached()
    #expect(try world.fileSystem.files.writeNow(Array("TWO".utf8).span.bytes, at: 0, to: made.file.handle) == 3)
    #expect(try world.fileSystem.files.writeNow(Array("two".utf8).span.bytes, at: 3, to: made.file.handle) == 3)
    gate.release()
    try await flushed
    #expect(world.memory.text("bucket", "file") == "one")
    try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    #expect(world.memory.text("bucket", "file") == "TWOtwo")
  }
}

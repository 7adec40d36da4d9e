// SEMANTICS: 2.1.2, 2.2, 3.3, 4.1, 10.4
import Core
import S3
import TestSupport
import Testing

/// The exact number of S3 requests of each operation: one more is a failure.
struct RequestBudgetTests {
  @Test func statOfFilesInOneDirectoryIsOneListAndTheHeadersOfTheFirst() async throws {
    let world = World()
    for index in 0..<500 { world.memory.put("bucket", ObjectKey("dir/file\(index)"), "x") }
    _ = try await world.inode("bucket/dir")
    let cold = try await world.requests { () async throws in
      for index in 0..<500 { _ = try await world.inode("bucket/dir/file\(index)") }
    }
    #expect(cold == [.listObjects: 1, .headObject: 32])
    let warm = try await world.requests { () async throws in
      for index in 0..<500 { _ = try await world.inode("bucket/dir/file\(index)") }
    }
    #expect(warm == [:])
  }

  @Test func missingNamesCostNothingOnceTheDirectoryIsKnown() async throws {
    let world = World()
    world.memory.put("bucket", "dir/file", "x")
    _ = try await world.inode("bucket/dir/file")
    let counts = try await world.requests { () async throws in
      for name in [".git", "HEAD", "git.exe"] { #expect(try await world.find("bucket/dir/\(name)") == nil) }
    }
    #expect(counts == [:])
  }

  @Test func listingCostsOneListPerThousandAndNoHead() async throws {
    let world = World()
    for index in 0..<2500 { world.memory.put("bucket", ObjectKey("big/file\(index)"), "x") }
    _ = try await world.inode("bucket/big")
    let cold = try await world.requests { () async throws in #expect(try await world.names("bucket/big").count == 2500)
    }
    #expect(cold == [.listObjects: 3])
    let attributes = try await world.requests { () async throws in
      for index in 0..<2500 { _ = try await world.inode("bucket/big/file\(index)") }
    }
    #expect(attributes == [:])
  }

  @Test func oneNameInAHugeDirectoryDoesNotListItWhole() async throws {
    let world = World()
    for index in 0..<5000 { world.memory.put("bucket", ObjectKey("huge/file\(index)"), "x") }
    let directory = try await world.inode("bucket/huge")
    _ = try await world.fileSystem.lookups.lookup("file1", in: directory)
    let counts = try await world.requests { _ = try await world.fileSystem.lookups.lookup("file4999", in: directory) }
    #expect(counts == [.headObject: 1, .listObjects: 1])
  }

  @Test func readingTwiceIsOneGetAndOneConditionalCheck() async throws {
    let world = World()
    world.memory.put("bucket", "file", "content")
    _ = try await world.inode("bucket/file")
    let first = try await world.requests { () async throws in #expect(try await world.read("bucket/file") == "content")
    }
    #expect(first == [.getObject: 1])
    let second = try await world.requests { () async throws in #expect(try await world.read("bucket/file") == "content")
    }
    #expect(second == [.headObject: 1])
  }

  @Test func creatingASmallFileIsOnePut() async throws {
    let world = World()
    _ = try await world.names("bucket")
    let counts = try await world.requests { try await world.write("hello", to: "bucket/new") }
    #expect(counts == [.putObject: 1])
    #expect(world.memory.text("bucket", "new") == "hello")
  }

  @Test func appendingToACachedFileIsOneCheckAndOnePut() async throws {
    let world = World()
    try await world.write("one", to: "bucket/log")
    let counts = try await world.requests { try await world.write("two", to: "bucket/log", flags: [.write, .append]) }
    #expect(counts == [.headObject: 1, .putObject: 1])
    #expect(world.memory.text("bucket", "log") == "onetwo")
  }

  @Test(arguments: [true, false]) func renamingAFileIsOneCopyAndOneDelete(checksDeletes: Bool) async throws {
    let world = World(deletesConditionally: checksDeletes)
    for name in ["from", "second"] { world.memory.put("bucket", ObjectKey(name), "x") }
    _ = try await world.names("bucket")
    // Finding out whether the server checks conditions at DELETE costs one request, once.
    try await world.rename("bucket/second", to: "bucket/other")
    let counts = try await world.requests { try await world.rename("bucket/from", to: "bucket/to") }
    #expect(counts == [.copyObject: 1, .deleteObject: 1].merging(checksDeletes ? [:] : [.headObject: 1]) { $1 })
  }

  @Test func renamingADirectoryCopiesEachObjectAndDeletesInBatches() async throws {
    let world = World()
    for index in 0..<1200 { world.memory.put("bucket", ObjectKey("from/\(index)"), "x") }
    _ = try await world.names("bucket")
    let counts = try await world.requests { try await world.rename("bucket/from", to: "bucket/to") }
    #expect(counts == [.listObjects: 4, .copyObject: 1200, .deleteObjects: 2])
    #expect(try await world.names("bucket/to").count == 1200)
    #expect(try await world.find("bucket/from") == nil)
  }

  @Test func chmodOfAFileJustWrittenIsOneCopy() async throws {
    let world = World()
    try await world.write("x", to: "bucket/script")
    let inode = try await world.inode("bucket/script")
    var changes = AttributeChanges()
    changes.permissions = 0o755
    let counts = try await world.requests { () async throws in
      _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    }
    #expect(counts == [.copyObject: 1])
    #expect(try await world.find("bucket/script")?.attributes.permissions == 0o755)
    world.time.advance(by: .seconds(2))
    _ = try await world.inode("bucket/script")
    changes.permissions = 0o700
    let later = try await world.requests { () async throws in
      _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    }
    #expect(later == [.headObject: 1, .copyObject: 1])
  }

  @Test func chmodOfAFileJustWrittenKeepsAnotherClientsLaterVersion() async throws {
    let world = World()
    try await world.write("ours", to: "bucket/script")
    let inode = try await world.inode("bucket/script")
    var changes = AttributeChanges()
    changes.permissions = 0o755
    let theirs = ObjectProperties(userMetadata: ["colour": "red"])
    world.memory.put("bucket", "script", "theirs", properties: theirs)
    _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    #expect(world.memory.text("bucket", "script") == "theirs")
    let metadata = world.memory.head("bucket", "script")?.properties.userMetadata
    #expect(metadata?["colour"] == "red" && metadata?["mode"] == "33261")
    try await world.write("ours", to: "bucket/other")
    let other = try await world.inode("bucket/other")
    world.memory.remove("bucket", "other")
    #expect(
      await failure {
        _ = try await world.fileSystem.attributeWriter.setAttributes(of: other, to: changes, handle: nil)
      } == .stale)
  }

  // Some servers (SeaweedFS) find no marker to copy.
  @Test func `new times of a directory cost one HEAD and one PUT of its marker`() async throws {
    let world = World()
    world.memory.put("bucket", "dir/", "")
    world.memory.put("bucket", "dir/file", "x")
    let inode = try await world.inode("bucket/dir")
    var changes = AttributeChanges()
    changes.permissions = 0o700
    let counts = try await world.requests { () async throws in
      _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
    }
    #expect(counts == [.headObject: 1, .putObject: 1])
  }
}

/// The exact number of S3 requests of writes.
struct WriteBudgetTests {
  @Test func `a hundred appends with a close each are a PUT each, and the check of each open`() async throws {
    let world = World()
    try await world.write("", to: "bucket/log")
    let counts = try await world.requests {
      for _ in 0..<100 { try await world.write("line\n", to: "bucket/log", flags: [.write, .append]) }
    }
    #expect(counts == [.headObject: 100, .putObject: 100])
  }

  @Test func `appending to a large object or changing one byte transfers little`() async throws {
    let world = World(unit: 4096)
    let bytes = [UInt8](repeating: 5, count: 200 * 4096)
    world.memory.put("bucket", "large", bytes)
    _ = try await world.inode("bucket/large")
    let append = try await world.requests {
      try await world.write("tail", to: "bucket/large", flags: [.write, .append])
    }
    #expect(
      append == [
        .getObject: 1, .createMultipartUpload: 1, .uploadPartCopy: 1, .uploadPart: 1, .completeMultipartUpload: 1,
      ])
    #expect(world.recorder.bytesSent == 4)
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/large"), flags: [.read, .write])
    _ = try await world.fileSystem.files.write([9], at: 100 * 4096, to: file.handle)
    world.recorder.reset()
    try await world.fileSystem.files.flush(file.handle, othersOpen: false)
    #expect(world.recorder.bytesSent == 5 * 4096)
    #expect(world.recorder.count(.uploadPart) == 1 && world.recorder.count(.uploadPartCopy) == 2)
    #expect(world.memory.bytes("bucket", "large")?.count == bytes.count + 4)
  }

  @Test func `a file gets its mode and times with its PUT, as tar and cp set them before the close`() async throws {
    let world = World()
    let bucket = try await world.inode("bucket")
    _ = try await world.names("bucket")
    let counts = try await world.requests {
      for index in 0..<20 {
        let made = try await world.fileSystem.files.create(
          "file\(index)", in: bucket, permissions: 0o600, flags: [.write, .exclusive], caller: World.caller)
        _ = try await world.fileSystem.files.write([1], at: 0, to: made.file.handle)
        var changes = AttributeChanges()
        changes.modified = Timestamp(seconds: 1000)
        // The kernel passes no handle, whichever call the program made.
        _ = try await world.fileSystem.attributeWriter.setAttributes(of: made.entry.inode, to: changes, handle: nil)
        changes = AttributeChanges()
        changes.permissions = 0o755
        _ = try await world.fileSystem.attributeWriter.setAttributes(of: made.entry.inode, to: changes, handle: nil)
        try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
        await world.fileSystem.files.release(made.file.handle)
      }
    }
    #expect(counts == [.putObject: 20])
  }

  @Test func `a file renamed before its first upload costs one PUT`() async throws {
    let world = World()
    _ = try await world.names("bucket")
    let counts = try await world.requests {
      let made = try await world.fileSystem.files.create(
        "file.lock", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller)
      _ = try await world.fileSystem.files.write([1], at: 0, to: made.file.handle)
      try await world.rename("bucket/file.lock", to: "bucket/file")
      try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    }
    #expect(counts == [.putObject: 1])
    #expect(world.memory.keys("bucket") == ["file"])
  }

  @Test func `removing a directory of a thousand files is a DELETE each`() async throws {
    let world = World()
    for index in 0..<1000 { world.memory.put("bucket", ObjectKey("dir/\(index)"), "x") }
    let directory = try await world.inode("bucket/dir")
    let names = try await world.names("bucket/dir")
    let counts = try await world.requests {
      for name in names { try await world.fileSystem.names.unlink(name, in: directory) }
      try await world.fileSystem.names.removeDirectory("dir", in: try await world.inode("bucket"))
    }
    #expect(counts == [.deleteObject: 1000, .listObjects: 1])
  }
}

// SEMANTICS: 3.11
import S3
import TestSupport
import Testing

@testable import Core

@Suite("--write-back: close does not wait for S3")
struct WriteBackTests {
  let world = World { $0.writeBack = true }

  private func open(_ name: String, _ flags: OpenFlags = [.write]) async throws -> FileHandle {
    if let entry = try await world.find("bucket/\(name)") {
      return try await world.fileSystem.files.open(entry.inode, flags: flags).handle
    }
    return try await world.fileSystem.files.create(
      name, in: try await world.inode("bucket"), permissions: 0o600, flags: flags, caller: World.caller
    ).file.handle
  }

  private func close(_ file: FileHandle) async throws {
    try await world.fileSystem.files.flush(file, othersOpen: false)
    await world.fileSystem.files.release(file)
  }

  /// Requests that change something.
  private var changes: [StoreOperation: Int] {
    world.recorder.counts.filter { ![.listObjects, .listBuckets, .headObject, .getObject].contains($0.key) }
  }

  private func settled() async { await world.fileSystem.saving.settlePending { _ in true } }

  @Test("the close returns while S3 hangs, and the mount shows the file at once")
  func returns() async throws {
    let hold = world.faults.hold(.putObject)
    try await world.write("hello", to: "bucket/new")
    #expect(world.memory.keys("bucket") == [])
    #expect(try await world.names("bucket") == ["new"])
    #expect(try await world.read("bucket/new") == "hello")
    await hold.reached()
    hold.release()
    await settled()
    #expect(world.memory.text("bucket", "new") == "hello")
    #expect(try await world.read("bucket/new") == "hello")
  }

  // Regression (fault C3).
  @Test("3.11 what an open handle has written since the close is not part of the upload", arguments: [3000, 3 << 20])
  func laterWrites(size: Int) async throws {
    let hold = world.faults.hold(.putObject)
    try await world.write(String(repeating: "A", count: size), to: "bucket/f")
    let file = try await open("f", [.write, .truncate])
    _ = try await world.fileSystem.files.write(Array("BBBBBBBBBB".utf8), at: 0, to: file)
    hold.release()
    await settled()
    #expect(world.memory.text("bucket", "f") == String(repeating: "A", count: size))
    try await close(file)
    await settled()
    #expect(world.memory.text("bucket", "f") == "BBBBBBBBBB")
  }

  @Test("fsync waits for S3, and returns its error")
  func fsync() async throws {
    let file = try await open("new")
    _ = try await world.fileSystem.files.write(Array("hello".utf8), at: 0, to: file)
    try await world.fileSystem.files.synchronize(file)
    #expect(world.memory.text("bucket", "new") == "hello")
    world.faults.fail(.putObject)
    _ = try await world.fileSystem.files.write(Array("again".utf8), at: 0, to: file)
    #expect(await failure { try await world.fileSystem.files.synchronize(file) } == .ioFailure)
  }

  @Test("fsync of a directory waits for all closed files")
  func fsyncDirectory() async throws {
    for index in 0..<20 { try await world.write("x", to: "bucket/\(index)") }
    try await world.fileSystem.saving.synchronizeAll()
    #expect(world.memory.keys("bucket")?.count == 20)
    #expect(changes == [.putObject: 20])
  }

  @Test("successive appends are one upload")
  func appends() async throws {
    let hold = world.faults.hold(.putObject)
    for index in 0..<10 { try await world.write("\(index)", to: "bucket/log", flags: [.write, .append]) }
    hold.release()
    await settled()
    #expect(world.memory.text("bucket", "log") == "0123456789")
    #expect(world.recorder.count(.putObject) <= 2)
    #expect(world.recorder.count(.headObject) + world.recorder.count(.getObject) == 0)
  }

  @Test("a file removed before its upload costs nothing")
  func unlinked() async throws {
    try await world.write("x", to: "bucket/temporary")
    try await world.fileSystem.names.unlink("temporary", in: try await world.inode("bucket"))
    await settled()
    #expect(changes == [:])
    #expect(try await world.names("bucket") == [])
  }

  @Test("a file written beside another and renamed over it is one PUT")
  func renamedOver() async throws {
    world.memory.put("bucket", "config", "old")
    try await world.write("new", to: "bucket/config.lock")
    try await world.rename("bucket/config.lock", to: "bucket/config")
    #expect(try await world.read("bucket/config") == "new")
    await settled()
    #expect(changes == [.putObject: 1])
    #expect(world.memory.keys("bucket") == ["config"])
    #expect(world.memory.text("bucket", "config") == "new")
  }

  @Test("of two files renamed over an object, one after the other, the second one stays")
  func renamedOverTwice() async throws {
    world.memory.put("bucket", "current", "old")
    for text in ["first", "second"] {
      try await world.write(text, to: "bucket/temporary")
      world.time.advance(by: .seconds(60))
      try await world.rename("bucket/temporary", to: "bucket/current")
    }
    await settled()
    #expect(world.memory.keys("bucket") == ["current"])
    #expect(world.memory.text("bucket", "current") == "second")
  }

  @Test("a file renamed over an object and then removed or renamed takes the object with it", arguments: [true, false])
  func renamedOverAndOn(isRemoved: Bool) async throws {
    world.memory.put("bucket", "old", "old")
    try await world.write("new", to: "bucket/temporary")
    try await world.rename("bucket/temporary", to: "bucket/old")
    if isRemoved {
      try await world.fileSystem.names.unlink("old", in: try await world.inode("bucket"))
    } else {
      try await world.rename("bucket/old", to: "bucket/newer")
    }
    await settled()
    #expect(world.memory.keys("bucket") == (isRemoved ? [] : ["newer"]))
  }

  @Test("mode and times set after the close are part of the upload")
  func attributes() async throws {
    try await world.write("x", to: "bucket/file")
    var wanted = AttributeChanges()
    wanted.permissions = 0o444
    wanted.modified = Timestamp(seconds: 1_000_000)
    _ = try await world.fileSystem.attributeWriter.setAttributes(
      of: try await world.inode("bucket/file"), to: wanted, handle: nil)
    await settled()
    #expect(changes == [.putObject: 1])
    let stored = PosixMetadata(userMetadata: world.memory.head("bucket", "file")?.properties.userMetadata ?? [:])
    #expect(stored.permissions == 0o444 && stored.modified == Timestamp(seconds: 1_000_000))
  }

  @Test("a directory with pending files is not empty, and can be renamed")
  func directories() async throws {
    _ = try await world.fileSystem.names.makeDirectory(
      "dir", in: try await world.inode("bucket"), permissions: 0o755, caller: World.caller)
    try await world.write("x", to: "bucket/dir/file")
    let bucket = try await world.inode("bucket")
    #expect(await failure { try await world.fileSystem.names.removeDirectory("dir", in: bucket) } == .notEmpty)
    try await world.rename("bucket/dir", to: "bucket/moved")
    #expect(try await world.read("bucket/moved/file") == "x")
    await settled()
    #expect(world.memory.keys("bucket") == ["moved/", "moved/file"])
  }

  @Test("the gateway shows what was closed in the mount")
  func gateway() async throws {
    let path = ObjectPath(bucket: "bucket", key: "dir/file")
    let file = try await world.fileSystem.files.create(
      "file", in: try await directory("dir"), permissions: 0o600, flags: [.write], caller: World.caller
    ).file.handle
    _ = try await world.fileSystem.files.write(Array("hello".utf8), at: 0, to: file)
    try await close(file)
    let names = try await world.fileSystem.byKey.list(ObjectPath(bucket: "bucket", key: "dir/"), freshness: .withinTTL)
    #expect(names.map(\.name) == ["file"])
    let again = try await open("other")
    _ = try await world.fileSystem.files.write([1], at: 0, to: again)
    try await close(again)
    let reader = try await world.fileSystem.byKey.reader(
      of: ObjectPath(bucket: "bucket", key: "other"), freshness: .withinTTL)
    #expect(try await reader.read(at: 0, count: 10).bytes == [1])
    #expect(try await world.fileSystem.edits.delete(path, recursive: false) == 1)
  }

  private func directory(_ name: String) async throws -> InodeNumber {
    try await world.fileSystem.names.makeDirectory(
      name, in: try await world.inode("bucket"), permissions: 0o755, caller: World.caller
    ).attributes.inode
  }

  @Test("a refused upload is named, kept and retried, and the next close returns the error")
  func refused() async throws {
    world.faults.fail(.putObject, times: .max)
    try await world.write("hello", to: "bucket/file")
    await settled()
    #expect(world.fileSystem.saving.unsavedFiles == ["s3://bucket/file"])
    #expect(await failure { try await world.fileSystem.saving.synchronizeAll() } == .ioFailure)
    #expect(await failure { try await world.write("more", to: "bucket/file", flags: [.write, .append]) } == .ioFailure)
    world.faults.heal()
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(world.memory.text("bucket", "file") == "hellomore")
  }

  @Test("shutdown waits for pending uploads")
  func ending() async throws {
    for index in 0..<30 { try await world.write("x", to: "bucket/\(index)") }
    #expect(await world.fileSystem.saving.shutDown(deadline: .seconds(60)).isEmpty)
    #expect(world.memory.keys("bucket")?.count == 30)
  }

  @Test("a killed process loses no closed file")
  func killed() async throws {
    let machine = Machine()
    try await machine.put("old", "config")
    try await machine.process {
      $0.writeBack = true
      // Nothing is uploaded before the kill, however long that takes.
      $0.pauseBeforeUpload = .seconds(600)
    } _: { fileSystem, faults in
      #expect(try await fileSystem.save("one", in: try await fileSystem.createFile("new")) == nil)
      let lock = try await fileSystem.createFile("config.lock")
      #expect(try await fileSystem.save("changed", in: lock) == nil)
      await fileSystem.files.release(lock.handle)
      let bucket = try await fileSystem.inode("")
      try await fileSystem.moves.rename("config.lock", in: bucket, to: "config", in: bucket, flags: [])
      // Killed here: the next process has only what is in the spool now.
      #expect(machine.left.map(\.name).sorted() == ["s3://bucket/config", "s3://bucket/new"])
      #expect(try await machine.keys == ["config"])
      // So that no upload of this process succeeds later.
      faults.fail(.putObject, times: .max)
      await fileSystem.saving.settlePending { _ in true }
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("new") == "one")
    #expect(try await machine.text("config") == "changed")
    #expect(try await machine.keys == ["config", "new"])
  }

  @Test("a closed copy is not lost when its source is removed and the process is killed")
  func killedCopy() async throws {
    let machine = Machine()
    let text = String(repeating: "0123456789", count: 2000)
    try await machine.put(text, "from")
    try await machine.process {
      $0.writeBack = true
      $0.uploadLimits = World.limits(1024)
    } _: { fileSystem, faults in
      let source = try await fileSystem.open("from", [.read])
      let target = try await fileSystem.createFile("to")
      faults.fail(.copyObject, key: "from", times: .max)
      faults.fail(.putObject, times: .max)
      faults.fail(.createMultipartUpload, times: .max)
      #expect(
        try await fileSystem.files.copyRange(from: source.handle, at: 0, to: target.handle, at: 0, count: 20_000)
          == 20_000)
      // The copy is made at close, since the source may be gone later.
      #expect(
        await failure { try await fileSystem.files.flush(target.handle, othersOpen: false) } == .ioFailure)
      await fileSystem.files.release(target.handle)
      await fileSystem.files.release(source.handle)
      try await fileSystem.names.unlink("from", in: try await fileSystem.inode(""))
    }
    #expect(try await machine.restart() == 0)
    #expect(try await machine.text("to") == text)
    #expect(try await machine.keys == ["to"])
  }

  @Test("an object that a pending copy cannot fetch is not replaced, and its new bytes are kept")
  func unsettled() async throws {
    let world = World(unit: 1024)
    let old = [UInt8](repeating: 7, count: 600_000)
    world.memory.put("bucket", "from", old)
    let target = try await world.fileSystem.files.create(
      "to", in: try await world.inode("bucket"), permissions: 0o600, flags: [.write], caller: World.caller
    ).file.handle
    let source = try await world.fileSystem.files.open(try await world.inode("bucket/from"), flags: [.read]).handle
    _ = try await world.fileSystem.files.copyRange(from: source, at: 0, to: target, at: 0, count: 600_000)
    await world.fileSystem.files.release(source)
    let writer = try await world.fileSystem.files.open(
      try await world.inode("bucket/from"), flags: [.write, .truncate]
    )
    .handle
    _ = try await world.fileSystem.files.write([1], at: 0, to: writer)
    world.faults.fail(.getObject, times: .max)
    #expect(await failure { try await world.fileSystem.files.flush(writer, othersOpen: false) } == .ioFailure)
    #expect(world.fileSystem.saving.unsavedFiles == ["s3://bucket/from"])
    world.faults.heal()
    #expect(await world.fileSystem.saving.retryUnsaved() == [])
    #expect(world.memory.bytes("bucket", "from") == [1])
    try await world.fileSystem.files.flush(target, othersOpen: false)
    #expect(world.memory.bytes("bucket", "to") == old)
  }
}

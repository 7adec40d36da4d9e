// SEMANTICS: 2.3.1, 4.2
import Core
import S3
import TestSupport
import Testing

/// Renames concurrent with another client's writes: what that client wrote is renamed.
struct RenameRaceTests {
  @Test func anObjectThatAnotherClientReplacedIsRenamedInItsNewVersion() async throws {
    let world = World()
    try await world.write("ours", to: "bucket/from")
    world.memory.put("bucket", "from", "another client's")
    try await world.rename("bucket/from", to: "bucket/to")
    #expect(try await world.find("bucket/to")?.attributes.size == 16)
    #expect(try await world.read("bucket/to") == "another client's")
    try await world.write("!", to: "bucket/to", flags: [.write, .append])
    #expect(world.memory.text("bucket", "to") == "another client's!")
  }

  @Test func aReaderOfTheOldVersionNeverGetsTheNewOnesBytes() async throws {
    let world = World()
    world.memory.put("bucket", "from", [UInt8](repeating: 1, count: 1 << 20))
    let old = try await world.fileSystem.files.open(try await world.inode("bucket/from"), flags: [.read])
    world.memory.put("bucket", "from", [UInt8](repeating: 2, count: 1 << 20))
    try await world.rename("bucket/from", to: "bucket/to")
    #expect(try await world.read(old.handle, at: 0, count: 1) == [1])
    #expect(await failure { _ = try await world.read(old.handle, at: 900_000, count: 1) } == .stale)
    let new = try await world.fileSystem.files.open(try await world.inode("bucket/to"), flags: [.read])
    #expect(try await world.read(new.handle, at: 900_000, count: 1) == [2])
  }

  /// Regression: two processes replaced and read one name. An open in flight got the new file's bytes with the inode
  /// (and so with the size and the pages) of the old one.
  @Test func anOpenOvertakenByARenameIsStale() async throws {
    let world = World()
    world.memory.put("bucket", "to", "the old one")
    world.memory.put("bucket", "from", "new")
    let inode = try await world.inode("bucket/to")
    let old = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(try await world.read(old.handle, count: 100).count == 11)
    let gate = world.faults.hold(.headObject, key: "to", when: .after)
    async let late = failure { _ = try await world.fileSystem.files.open(inode, flags: [.read]) }
    await gate.reached()
    try await world.rename("bucket/from", to: "bucket/to")
    gate.release()
    #expect(await late == .stale)
    #expect(try await world.read(old.handle, count: 100) == Array("the old one".utf8))
    #expect(try await world.read("bucket/to") == "new")
  }

  @Test func objectsReplacedDuringTheRenameOfTheirDirectoryAreRenamedInTheirNewVersion() async throws {
    let world = World()
    world.memory.put("bucket", "dir/file", "old")
    #expect(try await world.read("bucket/dir/file") == "old")
    try await world.rename("bucket/dir", to: "bucket/moved", heldAt: .listObjects) {
      $0.put("bucket", "dir/file", "replaced")
    }
    #expect(try await world.read("bucket/moved/file") == "replaced")
  }

  /// Regression: a write acknowledged between the copy and the deletion was under neither name.
  @Test(arguments: [true, false]) func whatIsWrittenAfterTheCopyIsCopiedToo(checksDeletes: Bool) async throws {
    let world = World(deletesConditionally: checksDeletes)
    world.memory.put("bucket", "from", "old")
    _ = try await world.names("bucket")
    try await world.rename("bucket/from", to: "bucket/to", heldAt: .copyObject) {
      $0.put("bucket", "from", "acknowledged")
    }
    #expect(world.memory.text("bucket", "to") == "acknowledged")
    #expect(world.memory.keys("bucket") == ["to"])
    #expect(try await world.read("bucket/to") == "acknowledged")
  }

  @Test func whatIsWrittenBelowADirectoryAfterTheCopyIsCopiedToo() async throws {
    let world = World()
    for name in ["a", "b", "c"] { world.memory.put("bucket", ObjectKey("dir/" + name), "old") }
    try await world.rename("bucket/dir", to: "bucket/moved", heldAt: .copyObject, call: 3) {
      $0.put("bucket", "dir/a", "acknowledged")
    }
    #expect(world.memory.text("bucket", "moved/a") == "acknowledged")
    #expect(world.memory.keys("bucket") == ["moved/a", "moved/b", "moved/c"])
  }

  /// A single COPY of an object of several parts has another ETag than its source.
  @Test(arguments: [true, false]) func whatOthersReplacedInPartsIsRenamed(checksDeletes: Bool) async throws {
    let world = World(unit: 1000, deletesConditionally: checksDeletes)
    world.memory.put("bucket", "from", "old")
    _ = try await world.names("bucket")
    let other = World(memory: world.memory, unit: 1000)
    let text = String(repeating: "in parts ", count: 5000)
    try await other.write(text, to: "bucket/from", flags: [.write, .truncate])
    #expect(world.memory.head("bucket", "from")?.etag.value.contains("-") == true)
    try await world.rename("bucket/from", to: "bucket/to")
    #expect(world.memory.text("bucket", "to") == text)
    #expect(world.memory.keys("bucket") == ["to"])
  }
}

extension World {
  /// Renames, and runs `change` after the named request took effect and before it is answered.
  fileprivate func rename(
    _ source: String, to destination: String, heldAt operation: StoreOperation, call: Int = 1,
    _ change: (InMemoryStore) -> Void
  ) async throws {
    let gate = faults.hold(operation, call: call, when: .after)
    async let renamed: Void = rename(source, to: destination)
    await gate.reached()
    change(memory)
    gate.release()
    try await renamed
  }
}

// SEMANTICS: 2.3.1, 4.1, 4.2, 4.4, 5.3, 5.4, 8
import Core
import S3
import TestSupport
import Testing

/// Directories, names, renames, and keys that are no valid paths.
struct NamesTests {
  @Test func aDirectoryEmptiedThroughTheMountStaysAndAddsNothingToTheBucket() async throws {
    let world = World()
    world.memory.put("bucket", "a/b/file", "x")
    try await world.fileSystem.names.unlink("file", in: try await world.inode("bucket/a/b"))
    world.time.advance(by: .seconds(2))
    #expect(try await world.names("bucket/a") == ["b"])
    #expect(try await world.names("bucket/a/b") == [])
    #expect(world.memory.keys("bucket") == [])
    try await world.fileSystem.names.removeDirectory("b", in: try await world.inode("bucket/a"))
    #expect(try await world.find("bucket/a/b") == nil)
  }

  @Test func rmdirFailsWhereAnotherClientAddedAnObject() async throws {
    let world = World()
    let bucket = try await world.inode("bucket")
    _ = try await world.fileSystem.names.makeDirectory("dir", in: bucket, permissions: 0o755, caller: World.caller)
    world.memory.put("bucket", "dir/theirs", "x")
    #expect(await failure { try await world.fileSystem.names.removeDirectory("dir", in: bucket) } == .notEmpty)
  }

  @Test func anUnlinkedFileStaysReadableUntilItIsReleased() async throws {
    let world = World()
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 777) }
    world.memory.put("bucket", "file", bytes)
    let file = try await world.fileSystem.files.open(try await world.inode("bucket/file"), flags: [.read])
    try await world.fileSystem.names.unlink("file", in: try await world.inode("bucket"))
    #expect(world.memory.keys("bucket") == [])
    #expect(try await world.read(file.handle, at: 2_000_000, count: 100_000) == Array(bytes[2_000_000..<2_100_000]))
  }

  @Test func `a file is created without a request where the cached listing shows that its name is free`() async throws {
    let world = World()
    world.memory.put("bucket", "there", "x")
    let bucket = try await world.inode("bucket")
    func create(_ name: String, _ flags: OpenFlags = [.write]) throws -> CreatedFile? {
      try world.fileSystem.files.createNow(name, in: bucket, permissions: 0o600, flags: flags, caller: World.caller)
    }
    #expect(try create("free") == nil, "the directory was not listed yet")
    _ = try await world.names("bucket")
    let made = try #require(try create("free"))
    #expect(made.entry.attributes.permissions == 0o600 && made.entry.attributes.size == 0)
    #expect(try await world.names("bucket") == ["free", "there"])
    #expect(try create("there") == nil && create("free") == nil, "existing files are opened")
    #expect(await failure { _ = try create(String(repeating: "n", count: 256)) } == .nameTooLong)
    try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    #expect(world.memory.bytes("bucket", "free") == [])
    world.time.advance(by: .seconds(2))
    #expect(try create("late") == nil, "the listing is stale")
  }

  /// As SeaweedFS, JuiceFS and others do.
  @Test(arguments: [S3Error.Code.noSuchKey, .internalError, .notImplemented, .invalidRequest, .other])
  func aDirectoryIsRenamedWhereTheServerCannotCopyItsMarker(code: S3Error.Code) async throws {
    let world = World()
    var properties = ObjectProperties(contentType: "x/dir", userMetadata: ["mode": "16832", "own": "1"])
    properties.tags = [Tag(key: "team", value: "a")]
    _ = try await world.memory.putObject(
      ObjectReference(bucket: "bucket", key: "dir/"), body: .bytes([]), properties: properties, condition: .none)
    world.memory.put("bucket", "dir/file", "x")
    world.faults.fail(.copyObject, key: "dir/", times: .max, with: code)
    try await world.rename("bucket/dir", to: "bucket/moved")
    #expect(world.memory.keys("bucket") == ["moved/", "moved/file"])
    let head = try #require(world.memory.head("bucket", "moved/"))
    #expect(head.properties.contentType == "x/dir" && head.properties.userMetadata == properties.userMetadata)
    #expect(world.memory.tags("bucket", "moved/") == properties.tags)
    #expect(try await world.find("bucket/moved")?.attributes.permissions == 0o700)
  }

  @Test func chmodOfATaggedDirectoryWorksWhereTheServerCannotCopyItsMarker() async throws {
    let world = World()
    world.memory.put("bucket", "dir/")
    let tags = [Tag(key: "team", value: "a")]
    try await world.memory.setTags(tags, of: ObjectReference(bucket: "bucket", key: "dir/"))
    world.faults.fail(.copyObject, key: "dir/", times: .max, with: .noSuchKey)
    var changes = AttributeChanges()
    changes.permissions = 0o700
    _ = try await world.fileSystem.attributeWriter.setAttributes(
      of: try await world.inode("bucket/dir"), to: changes, handle: nil)
    #expect(world.memory.head("bucket", "dir/")?.properties.userMetadata["mode"] == "16832")
    #expect(world.memory.tags("bucket", "dir/") == tags)
  }

  @Test func aMarkerWithBytesThatTheServerCannotCopyIsNotLost() async throws {
    let world = World()
    world.memory.put("bucket", "dir/", "body")
    world.faults.fail(.copyObject, key: "dir/", times: .max, with: .noSuchKey)
    #expect(await failure { try await world.rename("bucket/dir", to: "bucket/moved") } == .notFound)
    #expect(world.memory.keys("bucket") == ["dir/"] && world.memory.text("bucket", "dir/") == "body")
  }

  @Test func anOpenFileFollowsItsRename() async throws {
    let world = World()
    world.memory.put("bucket", "old", "content")
    let inode = try await world.inode("bucket/old")
    let file = try await world.fileSystem.files.open(inode, flags: [.read, .write])
    try await world.rename("bucket/old", to: "bucket/new")
    _ = try await world.fileSystem.files.write(Array("C".utf8), at: 0, to: file.handle)
    try await world.fileSystem.files.flush(file.handle, othersOpen: false)
    #expect(world.memory.keys("bucket") == ["new"])
    #expect(world.memory.text("bucket", "new") == "Content")
    #expect(try await world.inode("bucket/new") == inode)
  }

  @Test("4.1 a file not yet uploaded only changes its name; replacing an object costs a HEAD of it")
  func aFileNotYetUploadedIsRenamed() async throws {
    let world = World()
    world.memory.put("bucket", "target", "old")
    let bucket = try await world.inode("bucket")
    let made = try await world.fileSystem.files.create(
      "temporary", in: bucket, permissions: 0o600, flags: [.write], caller: World.caller)
    _ = try await world.fileSystem.files.write(Array("new".utf8), at: 0, to: made.file.handle)
    let counts = try await world.requests { try await world.rename("bucket/temporary", to: "bucket/other") }
    #expect(counts == [:])
    let replacing = try await world.requests { try await world.rename("bucket/other", to: "bucket/target") }
    #expect(replacing == [.headObject: 1])
    try await world.fileSystem.files.flush(made.file.handle, othersOpen: false)
    #expect(world.memory.keys("bucket") == ["target"])
    #expect(world.memory.text("bucket", "target") == "new")
  }

  @Test func aRenameThatFailsHalfWayLeavesTheSourceWhole() async throws {
    let world = World()
    for index in 0..<30 { world.memory.put("bucket", ObjectKey("from/\(index)"), "x") }
    world.faults.fail(.copyObject, call: 20, with: .internalError)
    #expect(await failure { try await world.rename("bucket/from", to: "bucket/to") } == .ioFailure)
    let keys = try #require(world.memory.keys("bucket"))
    #expect(keys.count == 30 && keys.allSatisfy { $0.hasPrefix("from/") })
  }

  @Test(arguments: [
    ("bucket/file", "bucket/dir", FileSystemError.Code.isDirectory), ("bucket/dir", "bucket/file", .notDirectory),
    ("bucket/dir", "bucket/full", .notEmpty), ("bucket/dir", "bucket/dir/sub", .invalidArgument),
    ("bucket/none", "bucket/new", .notFound), ("bucket/file", "other", .crossDevice),
  ])
  func renamesThatPOSIXRefusesAreRefused(from: String, to: String, code: FileSystemError.Code) async throws {
    let world = World()
    for key in ["file", "dir/a", "full/a"] as [ObjectKey] { world.memory.put("bucket", key, "x") }
    #expect(await failure { try await world.rename(from, to: to) } == code)
    #expect(world.memory.keys("bucket") == ["dir/a", "file", "full/a"])
  }

  @Test func aBucketIsRenamedWithAllItsObjects() async throws {
    let world = World()
    for key in ["a", "b/c"] as [ObjectKey] { world.memory.put("bucket", key, "x") }
    try await world.rename("bucket", to: "renamed")
    #expect(world.memory.bucketNames == ["renamed"])
    #expect(world.memory.keys("renamed") == ["a", "b/c"])
    #expect(try await world.read("renamed/b/c") == "x")
  }

  @Test(arguments: [
    "a//b", "/x", "dir/.", "dir/..", "a/b", "plain", "q\u{201B}q", "e\u{301}", "\u{e9}", "nul\u{0}x", "new\nline",
  ])
  func everyKeyIsFoundByItsPathAndReadAndRemoved(key: String) async throws {
    let world = World()
    world.memory.put("bucket", ObjectKey(key), "body of \(key)")
    let path = try await onlyFile(below: "bucket", in: world)
    #expect(try await world.read(path) == "body of \(key)")
    let (parent, name) = world.split(path)
    try await world.fileSystem.names.unlink(name, in: try await world.inode(parent))
    #expect(world.memory.keys("bucket") == [])
  }

  @Test func anObjectBesideADirectoryOfItsNameIsReachable() async throws {
    let world = World()
    world.memory.put("bucket", "a", "object")
    world.memory.put("bucket", "a/b", "below")
    world.memory.put("bucket", "m/", "marker body")
    #expect(try await world.names("bucket") == ["a", "a\u{201B}object", "m"])
    #expect(try await world.read("bucket/a\u{201B}object") == "object")
    #expect(try await world.read("bucket/a/b") == "below")
    #expect(try await world.names("bucket/m") == ["\u{201B}object"])
    #expect(try await world.read("bucket/m/\u{201B}object") == "marker body")
  }

  @Test func aSegmentTooLongForANameIsReadableThroughContinuationDirectories() async throws {
    let world = World()
    let long = String(repeating: "x", count: 600)
    world.memory.put("bucket", ObjectKey("dir/\(long)"), "long")
    world.memory.put("bucket", "dir/short", "short")
    #expect(try await world.names("bucket/dir").count == 2)
    var path = "bucket/dir"
    while let next = try await world.names(path).first(where: { $0 != "short" }) {
      path += "/" + next
      guard try await world.find(path)?.attributes.kind == .directory else { break }
    }
    #expect(try await world.read(path) == "long")
  }

  @Test func theParentOfATooLongNameStaysWhenThatNameIsRemoved() async throws {
    let world = World { $0.ttl = nil }
    world.memory.put("bucket", ObjectKey("dir/" + String(repeating: "x", count: 600)), "long")
    let directory = try await world.inode("bucket/dir")
    let path = try await onlyFile(below: "bucket/dir", in: world)
    let (parent, name) = world.split(path)
    try await world.fileSystem.names.unlink(name, in: try await world.inode(parent))
    world.time.advance(by: .seconds(1))
    #expect(try await world.fileSystem.lookups.attributes(of: directory, handle: nil).attributes.kind == .directory)
    #expect(try await world.inode("bucket/dir") == directory)
  }

  @Test func aMarkersBytesAreReadableBesideAnEmptySegment() async throws {
    let world = World()
    world.memory.put("bucket", "m/", "bytes")
    world.memory.put("bucket", "m//e", "below")
    try await world.rename("bucket/m/\u{201B}object", to: "bucket/other")
    #expect(world.memory.keys("bucket") == ["m//e", "other"])
    try await world.rename("bucket/other", to: "bucket/m/\u{201B}object")
    #expect(world.memory.keys("bucket") == ["m/", "m//e"])
    #expect(try await world.read("bucket/m/\u{201B}object") == "bytes")
  }

  /// Descends through directories of one name each until a file is found.
  private func onlyFile(below path: String, in world: World) async throws -> String {
    var path = path
    while try await world.find(path)?.attributes.kind == .directory {
      path += "/" + (try #require(try await world.names(path).first, "nothing in \(path)"))
    }
    return path
  }
}

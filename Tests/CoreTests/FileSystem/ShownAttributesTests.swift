// SEMANTICS: 6.3
import Core
import S3
import TestSupport
import Testing

/// The attributes of files that another client created, and of unlinked files.
struct ShownAttributesTests {
  private let link = ObjectProperties(userMetadata: ["mode": "41471"])

  @Test func everyNameThatIsLookedUpShowsItsOwnAttributes() async throws {
    let world = World()
    for name in ["a", "b", "c"] {
      world.memory.put("bucket", ObjectKey(name), "x", properties: ObjectProperties(userMetadata: ["mode": "33152"]))
    }
    for name in ["a", "b", "c"] {
      #expect(try await world.find("bucket/\(name)")?.attributes.permissions == 0o600)
    }
  }

  @Test func inALargeDirectoryFewHeadersAreRequested() async throws {
    let world = World()
    for index in 0..<100 { world.memory.put("bucket", ObjectKey("\(index)"), "x") }
    let counts = try await world.requests { () async throws in
      for index in 0..<100 { _ = try await world.find("bucket/\(index)") }
    }
    #expect(counts == [.listBuckets: 1, .listObjects: 1, .headObject: 32])
  }

  @Test func ofALargeDirectoryThatWasJustListedNoHeadersAreRequested() async throws {
    let world = World()
    for index in 0..<33 { world.memory.put("bucket", ObjectKey("large/\(index)"), "x") }
    for index in 0..<32 { world.memory.put("bucket", ObjectKey("small/\(index)"), "x") }
    func look(in directory: String) async throws -> Int {
      try await world.requests { () async throws in
        for name in try await world.names("bucket/" + directory) {
          _ = try await world.find("bucket/\(directory)/\(name)")
        }
      }[.headObject, default: 0]
    }
    // One is for the directory's own marker.
    #expect(try await look(in: "large") <= 1)
    #expect(try await look(in: "small") >= 32)
    // A look at one name, later, is shown with its own attributes.
    world.time.advance(by: .seconds(5))
    #expect(try await world.requests { _ = try await world.find("bucket/large/7") }[.headObject, default: 0] >= 1)
  }

  @Test func inATreeOfSmallDirectoriesFewHeadersAreRequested() async throws {
    let world = World()
    for index in 0..<1000 { world.memory.put("bucket", ObjectKey("d\(index / 10)/\(index)"), "x") }
    let counts = try await world.requests { () async throws in
      for index in 0..<1000 { _ = try await world.find("bucket/d\(index / 10)/\(index)") }
    }
    #expect(counts[.headObject, default: 0] <= 128)
  }

  @Test func lookupsInOrderPrefetchAsManyHeadersAsWereRequestedBefore() async throws {
    let world = World()
    for index in 10..<60 { world.memory.put("bucket", ObjectKey("\(index)"), "x") }
    for (looked, asked) in [(10, 1), (11, 3), (12, 3), (13, 7), (16, 7), (17, 15), (24, 15)] {
      _ = try await world.find("bucket/\(looked)")
      await until { world.recorder.count(.headObject) >= asked }
      #expect(world.recorder.count(.headObject) == asked)
    }
  }

  @Test func lookupsOutOfOrderPrefetchNoHeaders() async throws {
    let world = World()
    for index in 10..<60 { world.memory.put("bucket", ObjectKey("\(index)"), "x") }
    for (count, name) in [40, 30, 20, 10].enumerated() {
      _ = try await world.find("bucket/\(name)")
      #expect(world.recorder.count(.headObject) == count + 1)
    }
  }

  @Test func theRootsTimeIsThatOfItsNewestBucket() async throws {
    let world = World()
    let begun = world.time.wall
    world.time.advance(by: .seconds(60))
    #expect(try await world.fileSystem.lookups.attributes(of: .root, handle: nil).attributes.modified == begun)
    try await world.memory.createBucket("newer")
    #expect(try await world.names("") == ["bucket", "newer"])
    world.time.advance(by: .seconds(60))
    let modified = try await world.fileSystem.lookups.attributes(of: .root, handle: nil).attributes.modified
    #expect(modified.seconds == begun.seconds + 60)
  }

  @Test func theKernelDoesNotCacheAnEntryWhoseHeadersAreUnknown() async throws {
    let world = World()
    world.memory.put("bucket", "link", "target", properties: link)
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode("bucket"))
    let entry = try #require(try world.fileSystem.streams.entries(of: handle, from: 0, limit: 1).first)
    #expect(entry.validFor == .zero)
    #expect(try await world.find("bucket/link")?.attributes.kind == .symbolicLink)
    let known = try #require(try world.fileSystem.streams.entries(of: handle, from: 0, limit: 1).first)
    #expect(known.validFor > .zero && known.attributes.kind == .symbolicLink)
  }

  /// The kernel treats an inode whose kind changes as broken, and returns EIO from then on.
  @Test func anObjectThatBecomesAFileOfAnotherKindGetsAnotherInode() async throws {
    let world = World()
    world.memory.put("bucket", "name", "a file")
    let file = try #require(try await world.find("bucket/name"))
    world.memory.put("bucket", "name", "target", properties: link)
    world.time.advance(by: .seconds(1))
    let link = try #require(try await world.find("bucket/name"))
    #expect(link.attributes.kind == .symbolicLink && link.inode != file.inode)
    #expect(await failure { _ = try await world.fileSystem.lookups.attributes(of: file.inode, handle: nil) } == .stale)
  }

  @Test func anInodeWhoseObjectChangedItsKindIsStale() async throws {
    let world = World()
    world.memory.put("bucket", "name", "a file")
    let inode = try await world.inode("bucket/name")
    world.memory.put("bucket", "name", "target", properties: link)
    world.time.advance(by: .seconds(1))
    // Another lookup, or an open, may have fetched the new headers.
    _ = try? await world.fileSystem.names.linkTarget(of: inode)
    #expect(await failure { _ = try await world.fileSystem.lookups.attributes(of: inode, handle: nil) } == .stale)
  }

  @Test func aRemovedDirectoryThatIsOpenStillHasAttributes() async throws {
    let world = World()
    let bucket = try await world.inode("bucket")
    let made = try await world.fileSystem.names.makeDirectory(
      "dir", in: bucket, permissions: 0o750, caller: World.caller)
    try await world.fileSystem.names.removeDirectory("dir", in: bucket)
    let attributes = try await world.fileSystem.lookups.attributes(of: made.inode, handle: nil).attributes
    #expect(attributes.kind == .directory && attributes.links == 0 && attributes.permissions == 0o750)
  }

  @Test func modeAndExtendedAttributesCanBeSetOnAnUnlinkedOpenFile() async throws {
    let world = World()
    let bucket = try await world.inode("bucket")
    let made = try await world.fileSystem.files.create(
      "file", in: bucket, permissions: 0o644, flags: [.write], caller: World.caller)
    try await world.fileSystem.names.unlink("file", in: bucket)
    var changes = AttributeChanges()
    changes.permissions = 0o600
    let changed = try await world.fileSystem.attributeWriter.setAttributes(
      of: made.entry.inode, to: changes, handle: nil)
    #expect(changed.attributes.permissions == 0o600)
    try await world.fileSystem.attributeWriter.setExtendedAttribute(
      "user.a", to: [1], of: made.entry.inode, mode: .create)
    #expect(try await world.fileSystem.attributeWriter.extendedAttribute("user.a", of: made.entry.inode) == [1])
    await world.fileSystem.files.release(made.file.handle)
    #expect(world.memory.text("bucket", "file") == nil)
  }

  @Test func rewindingADirectorySeesNewNames() async throws {
    let world = World()
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode("bucket"))
    #expect(!world.fileSystem.streams.isOutdated(handle))
    try await world.write("x", to: "bucket/new")
    #expect(world.fileSystem.streams.isOutdated(handle))
    try await world.fileSystem.streams.rewindDirectory(handle)
    #expect(try world.fileSystem.streams.entries(of: handle, from: 0, limit: 10).map(\.name) == ["new"])
  }
}

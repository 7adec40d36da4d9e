// SEMANTICS: 1.1, 1.3, 2.2, 2.3, 5.3, 6.4
import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

/// Own changes are seen at once, those of others within the ttl, and never a mix of two versions.
struct FreshnessTests {
  /// Regression: another client replaced a file that two processes read. The kernel had the size of the new version
  /// when an open found the old one, and cut reads of the old version at that size.
  @Test func `an open of the old version invalidates the attributes of the new one in the kernel`() async throws {
    let world = World()
    world.memory.put("bucket", "f", [UInt8](repeating: 1, count: 3000))
    let inode = try await world.inode("bucket/f")
    let first = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(try await world.read(first.handle, count: 5000).count == 3000)
    await world.fileSystem.files.release(first.handle)
    let gate = world.faults.hold(.headObject, key: "f", when: .after)
    async let late = world.fileSystem.files.open(inode, flags: [.read])
    await gate.reached()
    world.memory.put("bucket", "f", [UInt8](repeating: 2, count: 50))
    world.time.advance(by: .seconds(2))
    #expect(try await world.find("bucket/f")?.attributes.size == 50)
    gate.release()
    let file = try await late
    #expect(file.attributes.size == 3000 && file.attributesChanged)
  }

  @Test func anotherClientsNewObjectIsSeenAfterTheTTL() async throws {
    let world = World()
    #expect(try await world.names("bucket") == [])
    world.memory.put("bucket", "new", "x")
    #expect(try await world.find("bucket/new") == nil)
    world.time.advance(by: .seconds(1))
    #expect(try await world.find("bucket/new") != nil)
    #expect(try await world.names("bucket") == ["new"])
  }

  @Test func `a lookup of another client's object shows its own attributes`() async throws {
    let world = World()
    let link = ObjectProperties(userMetadata: ["mode": "41471", "uid": "7", "mtime": "1500000000"])
    world.memory.put("bucket", "link", "target", properties: link)
    world.memory.put("bucket", "dir/", "", properties: ObjectProperties(userMetadata: ["mode": "16832"]))
    let attributes = try #require(try await world.find("bucket/link")).attributes
    #expect(attributes.kind == .symbolicLink && attributes.owner == 7)
    #expect(attributes.modified == Timestamp(seconds: 1_500_000_000))
    world.time.advance(by: .seconds(1))
    #expect(try await world.find("bucket/dir")?.attributes.permissions == 0o700)
  }

  @Test func openReadsTheNewestVersionAlsoWithinTheTTL() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    #expect(try await world.read("bucket/file") == "old")
    world.memory.put("bucket", "file", "newer")
    #expect(try await world.read("bucket/file") == "newer")
    #expect(try await world.find("bucket/file")?.attributes.size == 5)
  }

  @Test func withoutATTLOpenReusesWhatWasFetchedInTheBurst() async throws {
    let world = World { $0.ttl = nil }
    world.memory.put("bucket", "file", "old")
    #expect(try await world.read("bucket/file") == "old")
    let again = try await world.requests { () async throws in #expect(try await world.read("bucket/file") == "old") }
    #expect(again == [:])
    world.memory.put("bucket", "file", "new")
    world.time.advance(by: .milliseconds(100))
    #expect(try await world.read("bucket/file") == "new")
  }

  // Regression (faults C26 and C27).
  @Test("2.3 6.8 an open file keeps its version, and the replaced name gets another inode")
  func openFileStaysAtItsVersion() async throws {
    let world = World()
    world.memory.put("bucket", "file", [UInt8](repeating: 1, count: 1 << 20))
    let inode = try await world.inode("bucket/file")
    let old = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(try await world.read(old.handle, count: 10) == [UInt8](repeating: 1, count: 10))
    world.memory.put("bucket", "file", [UInt8](repeating: 2, count: 1000))
    // The kernel's dentry still leads to that inode; ESTALE makes it look up the name again.
    #expect(await failure { _ = try await world.fileSystem.files.open(inode, flags: [.read]) } == .stale)
    let newInode = try await world.inode("bucket/file")
    #expect(newInode != inode)
    let new = try await world.fileSystem.files.open(newInode, flags: [.read])
    #expect(try await world.read(new.handle, at: 900, count: 1000) == [UInt8](repeating: 2, count: 100))
    #expect(try await world.fileSystem.lookups.attributes(of: newInode, handle: nil).attributes.size == 1000)
    // fstat(2) describes the version that is read.
    let attributes = try await world.fileSystem.lookups.attributes(of: inode, handle: nil).attributes
    #expect(attributes.size == 1 << 20 && attributes.links == 0)
    // The bytes that were fetched are of the old version, the others are gone: an error, not the new version's bytes.
    #expect(try await world.read(old.handle, at: 100, count: 1) == [1])
    #expect(await failure { _ = try await world.read(old.handle, at: 900_000, count: 10) } == .stale)
    await world.fileSystem.files.release(old.handle)
    #expect(try await world.inode("bucket/file") == newInode)
  }

  @Test("2.3 8 a file that another client deletes stays readable for those who have it open", arguments: [true, false])
  func deletedByAnother(isMadeAgain: Bool) async throws {
    let world = World()
    world.memory.put("bucket", "file", "text")
    let inode = try await world.inode("bucket/file")
    let open = try await world.fileSystem.files.open(inode, flags: [.read])
    world.memory.remove("bucket", "file")
    world.time.advance(by: .seconds(2))
    if isMadeAgain { try await world.write("new", to: "bucket/file") }
    #expect(try await world.fileSystem.lookups.attributes(of: inode, handle: nil).attributes.size == 4)
    #expect(try await world.read(open.handle, count: 10) == Array("text".utf8))
    #expect(try await world.find("bucket/file")?.attributes.size == (isMadeAgain ? 3 : nil))
  }

  // Regression (faults C20 and C21): Linux walks the path again only on ESTALE.
  @Test("2.1 a call on an inode whose object is gone fails with ESTALE, never ENOENT")
  func staleNotMissing() async throws {
    let world = World()
    for name in ["open", "stat", "chmod", "xattr", "truncate"] {
      world.memory.put("bucket", ObjectKey(name), "text")
    }
    var inodes: [String: InodeNumber] = [:]
    for name in ["open", "stat", "chmod", "xattr", "truncate"] {
      inodes[name] = try await world.inode("bucket/\(name)")
    }
    for name in inodes.keys { world.memory.remove("bucket", ObjectKey(name)) }
    world.time.advance(by: .seconds(2))
    let fs = world.fileSystem
    var truncation = AttributeChanges()
    truncation.size = 1
    var mode = AttributeChanges()
    mode.permissions = 0o600
    let (bySize, byMode) = (truncation, mode)
    #expect(await failure { _ = try await fs.files.open(inodes["open"]!, flags: [.read]) } == .stale)
    #expect(await failure { _ = try await fs.lookups.attributes(of: inodes["stat"]!, handle: nil) } == .stale)
    #expect(
      await failure { _ = try await fs.attributeWriter.setAttributes(of: inodes["chmod"]!, to: byMode, handle: nil) }
        == .stale)
    #expect(
      await failure { _ = try await fs.attributeWriter.extendedAttribute("user.x", of: inodes["xattr"]!) } == .stale)
    #expect(
      await failure { _ = try await fs.attributeWriter.setAttributes(of: inodes["truncate"]!, to: bySize, handle: nil) }
        == .stale)
    // Creating the name works, though the caches still have the old object.
    try await world.write("new", to: "bucket/open")
    #expect(world.memory.text("bucket", "open") == "new")
  }

  // Regression (fault C22).
  @Test("2.2 readdirplus returns only the names of entries that changed since opendir")
  func changedSinceOpendir() async throws {
    let world = World()
    for name in ["a", "b", "c"] { world.memory.put("bucket", ObjectKey(name), "x") }
    let bucket = try await world.inode("bucket")
    let handle = try await world.fileSystem.streams.openDirectory(bucket)
    try await world.fileSystem.names.unlink("a", in: bucket)
    try await world.write("longer", to: "bucket/b")
    let entries = try world.fileSystem.streams.entries(of: handle, from: 0, limit: 10)
    #expect(await failure { _ = try world.fileSystem.streams.countLookup(of: entries[0]) } == .stale)
    #expect(await failure { _ = try world.fileSystem.streams.countLookup(of: entries[1]) } == .stale)
    #expect(try world.fileSystem.streams.countLookup(of: entries[2]).attributes.size == 1)
  }

  @Test func `an open invalidates the kernel's attributes only if they differ from those it has`() async throws {
    let world = World()
    world.memory.put("bucket", "file", "text")
    let inode = try await world.inode("bucket/file")
    let first = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(!first.attributesChanged)
    await world.fileSystem.files.release(first.handle)
    // A new listing, which sends nothing to the kernel.
    world.memory.put("bucket", "file", "longer text")
    world.time.advance(by: .seconds(2))
    _ = try await world.names("bucket")
    let second = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(second.attributesChanged && second.attributes.size == 11)
    await world.fileSystem.files.release(second.handle)
    // The old attributes again, without a request of the kernel in between.
    world.memory.put("bucket", "file", "some")
    let third = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(third.attributesChanged || third.attributes == first.attributes)
    await world.fileSystem.files.release(third.handle)
    _ = try await world.fileSystem.lookups.attributes(of: inode, handle: nil)
    world.memory.put("bucket", "file", "")
    #expect(try await world.fileSystem.files.open(inode, flags: [.read]).attributesChanged)
  }

  /// Our cache and the kernel's together must not be older than the ttl.
  @Test func `the kernel caches an entry of an older listing only for the rest of the ttl`() async throws {
    let world = World()
    for index in 0..<40 { world.memory.put("bucket", ObjectKey("dir/\(index)"), "x") }
    #expect(try await world.names("bucket/dir").count == 40)
    world.time.advance(by: .milliseconds(900))
    let handle = try await world.fileSystem.streams.openDirectory(try await world.inode("bucket/dir"))
    let entry = try #require(try world.fileSystem.streams.entries(of: handle, from: 0, limit: 1).first)
    #expect(entry.validFor == .milliseconds(100))
  }

  @Test func `the kernel caches an entry with the object suffix only for the rest of the ttl, too`() async throws {
    let world = World()
    world.memory.put("bucket", "d", "beside its directory")
    world.memory.put("bucket", "d/", "the marker's body")
    _ = try await world.names("bucket")
    _ = try await world.names("bucket/d")
    world.time.advance(by: .milliseconds(900))
    #expect(try await world.find("bucket/d‛object")?.validFor == .milliseconds(100))
    #expect(try await world.find("bucket/d/‛object")?.validFor == .milliseconds(100))
  }

  @Test func anOpenOfAnUnchangedFileKeepsTheKernelsPages() async throws {
    let world = World()
    world.memory.put("bucket", "file", "x")
    let inode = try await world.inode("bucket/file")
    let first = try await world.fileSystem.files.open(inode, flags: [.read])
    #expect(!first.keepsCache)
    await world.fileSystem.files.release(first.handle)
    #expect(try await world.fileSystem.files.open(inode, flags: [.read]).keepsCache)
  }

  @Test func aListingInFlightDoesNotUndoOwnChanges() async throws {
    let world = World()
    world.memory.put("bucket", "dir/old", "x")
    let directory = try await world.inode("bucket/dir")
    // The page is made, then held back while we delete and create.
    let gate = world.faults.hold(.listObjects, when: .after)
    async let listed = world.fileSystem.streams.openDirectory(directory)
    await gate.reached()
    try await world.fileSystem.names.unlink("old", in: directory)
    let path = ObjectPath(bucket: "bucket", key: "dir/new")
    let writer = try world.fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: .none)
    _ = try await writer.finish()
    gate.release()
    let names = try world.fileSystem.streams.entries(of: try await listed, from: 0, limit: 10).map(\.name)
    #expect(names == ["new"])
  }

  @Test func theMountShowsChangesByTheGatewayAtOnce() async throws {
    let world = World()
    #expect(try await world.names("bucket") == [])
    let writer = try world.fileSystem.edits.writer(
      to: ObjectPath(bucket: "bucket", key: "a/b/c.txt"), properties: ObjectProperties(), condition: .none)
    try await writer.append(Array("text".utf8))
    let written = try await writer.finish()
    #expect(written.created)
    #expect(try await world.read("bucket/a/b/c.txt") == "text")
    #expect(try await world.names("bucket") == ["a"])
    _ = try await world.fileSystem.edits.delete(ObjectPath(bucket: "bucket", key: "a/b/c.txt"), recursive: false)
    #expect(try await world.find("bucket/a/b/c.txt") == nil)
  }

  @Test func `the time seen after a save stays when a listing has a less exact one`() async throws {
    let world = World()
    world.time.advance(by: .milliseconds(700))
    try await world.write("x", to: "bucket/file")
    let saved = try await world.find("bucket/file")?.attributes.modified
    world.time.advance(by: .seconds(5))
    let later = try await world.find("bucket/file")
    #expect(later?.attributes.modified == saved)
    #expect(saved?.nanoseconds == 700_000_000)
  }

  // MARK: Regressions

  /// A directory's attributes are its marker's, whichever client changes it.
  @Test(arguments: [true, false]) func aDirectorysModeByAnotherClientIsSeenAfterTheTTL(hadMarker: Bool) async throws {
    let world = World()
    world.memory.put("bucket", "dir/f", "x")
    func mark(_ mode: String) async throws {
      _ = try await world.memory.putObject(
        ObjectReference(bucket: "bucket", key: "dir/"), body: .bytes([]),
        properties: ObjectProperties(userMetadata: ["mode": mode]), condition: .none)
    }
    if hadMarker { try await mark("16832") }
    #expect(try await world.find("bucket/dir")?.attributes.permissions == (hadMarker ? 0o700 : 0o755))
    world.time.advance(by: .seconds(2))
    try await mark("16872")
    #expect(try await world.find("bucket/dir")?.attributes.permissions == 0o750)
    _ = try await world.names("bucket/dir")
    world.time.advance(by: .seconds(2))
    try await mark("16832")
    _ = try await world.names("bucket/dir")
    #expect(try await world.find("bucket/dir")?.attributes.permissions == 0o700)
  }

  /// Regression (attack F14).
  @Test func aLinkBesideADirectoryIsALinkAtTheFirstLookup() async throws {
    let world = World()
    world.memory.put("bucket", "d/e", "x")
    _ = try await world.memory.putObject(
      ObjectReference(bucket: "bucket", key: "d"), body: .bytes(Array("e".utf8)),
      properties: ObjectProperties(userMetadata: ["mode": "41471"]), condition: .none)
    #expect(try await world.find("bucket/d\u{201B}object")?.attributes.kind == .symbolicLink)
  }

  /// A change of a former file must not reach through the link that replaced it.
  @Test func `truncating a file that was replaced by a link is ESTALE and changes nothing`() async throws {
    let world = World()
    world.memory.put("bucket", "f", "0123456789")
    let inode = try await world.inode("bucket/f")
    _ = try await world.memory.putObject(
      ObjectReference(bucket: "bucket", key: "f"), body: .bytes(Array("target".utf8)),
      properties: ObjectProperties(userMetadata: ["mode": "41471"]), condition: .none)
    var changes = AttributeChanges()
    changes.size = 0
    #expect(
      await failure {
        _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
      } == .stale)
    #expect(
      await failure { _ = try await world.fileSystem.files.open(inode, flags: [.write, .truncate]) } == .stale)
    #expect(world.memory.text("bucket", "f") == "target")
  }

  /// Regression (attack F16).
  @Test func `chmod of a file that is replaced meanwhile is ESTALE and changes nothing`() async throws {
    let world = World()
    world.memory.put("bucket", "f", "old")
    let inode = try await world.inode("bucket/f")
    let gate = world.faults.hold(.copyObject, when: .before)
    let changing = Task {
      var changes = AttributeChanges()
      changes.permissions = 0o600
      return await failure {
        _ = try await world.fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: nil)
      }
    }
    await gate.reached()
    world.memory.put("bucket", "f", "replaced")
    gate.release()
    #expect(await changing.value == .stale)
    #expect(world.memory.text("bucket", "f") == "replaced")
  }

  enum Removal: String, CaseIterable { case removal, rename, save, lastRemoval, move }

  // Regression: after one change through the mount, a directory that others deleted was shown for ever.
  @Test(
    "2.1 5.3 a directory that others delete is gone, whatever was changed in it here", arguments: Removal.allCases,
    [false, true])
  func deletedByOthers(_ change: Removal, hasMarker: Bool) async throws {
    for ttl in [nil, Duration.seconds(1)] {
      let world = World { $0.ttl = ttl }
      if hasMarker { world.memory.put("bucket", "d/", "") }
      world.memory.put("bucket", "d/x", "x")
      if change != .lastRemoval { world.memory.put("bucket", "d/y", "y") }
      world.memory.put("bucket", "other/z", "z")
      let directory = try await world.inode("bucket/d")
      switch change {
      case .removal, .lastRemoval: try await world.fileSystem.names.unlink("x", in: directory)
      case .rename: try await world.rename("bucket/d/x", to: "bucket/d/z")
      case .move: try await world.rename("bucket/d/x", to: "bucket/other/x")
      case .save:
        try await world.write("new", to: "bucket/d/t")
        try await world.rename("bucket/d/t", to: "bucket/d/x")
      }
      if change == .lastRemoval && !hasMarker {
        // A directory emptied here stays until S3 has something below it again.
        world.time.advance(by: .seconds(2))
        #expect(try await world.names("bucket") == ["d", "other"])
        world.memory.put("bucket", "d/y", "y")
        world.time.advance(by: .seconds(2))
        #expect(try await world.names("bucket/d") == ["y"])
      }
      for key in world.memory.keys("bucket") ?? [] where key.hasPrefix("d/") { world.memory.remove("bucket", key) }
      world.time.advance(by: .seconds(2))
      #expect(try await world.find("bucket/d") == nil)
      #expect(try await world.names("bucket") == ["other"])
    }
  }

  @Test func aBucketThatOthersCreateAgainHasNoDirectoriesOfTheOldOne() async throws {
    let world = World { $0.ttl = nil }
    world.memory.put("bucket", "d/x", "x")
    try await world.fileSystem.names.unlink("x", in: try await world.inode("bucket/d"))
    #expect(try await world.names("bucket") == ["d"])
    try await world.memory.deleteBucket("bucket")
    world.time.advance(by: .seconds(2))
    #expect(try await world.names("") == [])
    try await world.memory.createBucket("bucket")
    world.time.advance(by: .seconds(2))
    #expect(try await world.names("bucket") == [])
  }
}

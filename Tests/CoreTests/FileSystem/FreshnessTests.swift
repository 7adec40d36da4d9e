import S3
import Synchronization
import TestSupport
import Testing

@testable import Core

/// What is seen of changes: one's own at once, those of others within the ttl, and never a mix of two versions.
struct FreshnessTests {
  @Test func anotherClientsNewObjectIsSeenWhenTheTTLHasPassed() async throws {
    let world = World()
    #expect(try await world.names("bucket") == [])
    world.memory.put("bucket", "new", "x")
    #expect(try await world.find("bucket/new") == nil)
    world.time.advance(by: .seconds(1))
    #expect(try await world.find("bucket/new") != nil)
    #expect(try await world.names("bucket") == ["new"])
  }

  @Test func whatAnotherClientMadeIsShownWithItsOwnAttributesWhenAskedForAlone() async throws {
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

  @Test func relaxedOpenTrustsWhatIsKnownWithinTheTTL() async throws {
    let world = World { $0.relaxedOpen = true }
    world.memory.put("bucket", "file", "old")
    #expect(try await world.read("bucket/file") == "old")
    let again = try await world.requests { () async throws in #expect(try await world.read("bucket/file") == "old") }
    #expect(again == [:])
    world.memory.put("bucket", "file", "new")
    world.time.advance(by: .seconds(1))
    #expect(try await world.read("bucket/file") == "new")
  }

  @Test func anOpenFileStaysAtItsVersionAndTheNextOpenBypassesItsPages() async throws {
    let world = World()
    world.memory.put("bucket", "file", [UInt8](repeating: 1, count: 1 << 20))
    let inode = try await world.inode("bucket/file")
    let old = try await world.fileSystem.open(inode, flags: [.read])
    #expect(try await world.read(old.handle, count: 10) == [UInt8](repeating: 1, count: 10))
    world.memory.put("bucket", "file", [UInt8](repeating: 2, count: 1 << 20 + 1))
    let new = try await world.fileSystem.open(inode, flags: [.read])
    #expect(new.bypassesCache && new.attributesChanged && !new.keepsCache)
    #expect(try await world.read(new.handle, at: 900_000, count: 10) == [UInt8](repeating: 2, count: 10))
    // The bytes that were fetched are of the old version, the others are gone: an error, not the new version's bytes.
    #expect(try await world.read(old.handle, at: 100, count: 1) == [1])
    #expect(await failure { _ = try await world.read(old.handle, at: 900_000, count: 10) } == .stale)
  }

  @Test func anOpenMakesTheKernelForgetOnlyAttributesThatAreOthersThanItWasTold() async throws {
    let world = World()
    world.memory.put("bucket", "file", "text")
    let inode = try await world.inode("bucket/file")
    let first = try await world.fileSystem.open(inode, flags: [.read])
    #expect(!first.attributesChanged)
    await world.fileSystem.release(first.handle)
    // Listed anew, by which the kernel is told nothing.
    world.memory.put("bucket", "file", "longer text")
    world.time.advance(by: .seconds(2))
    _ = try await world.names("bucket")
    let second = try await world.fileSystem.open(inode, flags: [.read])
    #expect(second.attributesChanged && second.attributes.size == 11)
    await world.fileSystem.release(second.handle)
    // And back again, without the kernel having asked in between.
    world.memory.put("bucket", "file", "some")
    let third = try await world.fileSystem.open(inode, flags: [.read])
    #expect(third.attributesChanged || third.attributes == first.attributes)
    await world.fileSystem.release(third.handle)
    _ = try await world.fileSystem.attributes(of: inode, handle: nil)
    world.memory.put("bucket", "file", "")
    #expect(try await world.fileSystem.open(inode, flags: [.read]).attributesChanged)
  }

  @Test func pagesThatAnOlderHandleMayFillAreNotTakenForTheNewVersions() async throws {
    let world = World()
    world.memory.put("bucket", "file", "old")
    let inode = try await world.inode("bucket/file")
    let old = try await world.fileSystem.open(inode, flags: [.read])
    world.memory.put("bucket", "file", "new")
    let first = try await world.fileSystem.open(inode, flags: [.read])
    await world.fileSystem.release(first.handle)
    let second = try await world.fileSystem.open(inode, flags: [.read])
    #expect(second.bypassesCache)
    await world.fileSystem.release(old.handle)
    // Nobody needs the old contents, also if there is no further open.
    #expect(world.fileSystem.inodes.withLock { $0[inode]?.olderContents.isEmpty } == true)
    let third = try await world.fileSystem.open(inode, flags: [.read])
    #expect(!third.bypassesCache && !third.keepsCache)
    #expect(try await world.fileSystem.open(inode, flags: [.read]).keepsCache)
  }

  /// Ours and the kernel's memory together must not be older than the ttl.
  @Test func theKernelKeepsWhatAnOlderListingToldOnlyForTheRestOfTheTTL() async throws {
    let world = World()
    for index in 0..<40 { world.memory.put("bucket", ObjectKey("dir/\(index)"), "x") }
    #expect(try await world.names("bucket/dir").count == 40)
    world.time.advance(by: .milliseconds(900))
    let handle = try await world.fileSystem.openDirectory(try await world.inode("bucket/dir"))
    let entry = try #require(try world.fileSystem.entries(of: handle, from: 0, limit: 1).first)
    #expect(entry.validFor == .milliseconds(100))
  }

  @Test func theSameOfTheOtherNamesOfAnObject() async throws {
    let world = World()
    world.memory.put("bucket", "d", "beside its directory")
    world.memory.put("bucket", "d/", "the marker's body")
    _ = try await world.names("bucket")
    _ = try await world.names("bucket/d")
    world.time.advance(by: .milliseconds(900))
    #expect(try await world.find("bucket/d‛object")?.validFor == .milliseconds(100))
    #expect(try await world.find("bucket/d/‛object")?.validFor == .milliseconds(100))
  }

  @Test func anUnchangedFileKeepsTheKernelsPages() async throws {
    let world = World()
    world.memory.put("bucket", "file", "x")
    let inode = try await world.inode("bucket/file")
    let first = try await world.fileSystem.open(inode, flags: [.read])
    #expect(!first.keepsCache)
    await world.fileSystem.release(first.handle)
    #expect(try await world.fileSystem.open(inode, flags: [.read]).keepsCache)
  }

  @Test func aListingUnderWayDoesNotUndoOurOwnChange() async throws {
    let world = World()
    world.memory.put("bucket", "dir/old", "x")
    let directory = try await world.inode("bucket/dir")
    // The page is made, then held back while we delete and create.
    let gate = world.faults.hold(.listObjects, when: .after)
    async let listed = world.fileSystem.openDirectory(directory)
    await gate.reached()
    try await world.fileSystem.unlink("old", in: directory)
    let path = ObjectPath(bucket: "bucket", key: "dir/new")
    let writer = try world.fileSystem.writer(to: path, properties: ObjectProperties(), condition: .none)
    _ = try await writer.finish()
    gate.release()
    let names = try world.fileSystem.entries(of: try await listed, from: 0, limit: 10).map(\.name)
    #expect(names == ["new"])
  }

  @Test func whatTheGatewayWritesTheMountShowsAtOnce() async throws {
    let world = World()
    #expect(try await world.names("bucket") == [])
    let writer = try world.fileSystem.writer(
      to: ObjectPath(bucket: "bucket", key: "a/b/c.txt"), properties: ObjectProperties(), condition: .none)
    try await writer.append(Array("text".utf8))
    let written = try await writer.finish()
    #expect(written.created)
    #expect(try await world.read("bucket/a/b/c.txt") == "text")
    #expect(try await world.names("bucket") == ["a"])
    _ = try await world.fileSystem.delete(ObjectPath(bucket: "bucket", key: "a/b/c.txt"), recursive: false)
    #expect(try await world.find("bucket/a/b/c.txt") == nil)
  }

  @Test func theTimeSeenAtSaveStaysWhenTheListingTellsAnother() async throws {
    let world = World()
    world.time.advance(by: .milliseconds(700))
    try await world.write("x", to: "bucket/file")
    let saved = try await world.find("bucket/file")?.attributes.modified
    world.time.advance(by: .seconds(5))
    let later = try await world.find("bucket/file")
    #expect(later?.attributes.modified == saved)
    #expect(saved?.nanoseconds == 700_000_000)
  }
}

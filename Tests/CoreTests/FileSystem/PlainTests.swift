// SEMANTICS: 6.7.2
import Core
import S3
import TestSupport
import Testing

/// `--plain`: objects are written as by `aws s3 cp`, and POSIX attributes last as long as the mount.
struct PlainTests {
  private let world = World { $0.plain = true }

  private func attributes(_ path: String) async throws -> Attributes {
    try await world.fileSystem.lookups.attributes(of: try await world.inode(path), handle: nil).attributes
  }

  private func set(_ path: String, _ change: (inout AttributeChanges) -> Void) async throws {
    var changes = AttributeChanges()
    change(&changes)
    _ = try await world.fileSystem.attributeWriter.setAttributes(
      of: try await world.inode(path), to: changes, handle: nil)
  }

  @Test func noMarkersAndNoMetadataAreWritten() async throws {
    let bucket = try await world.inode("bucket")
    _ = try await world.fileSystem.names.makeDirectory("dir", in: bucket, permissions: 0o750, caller: World.caller)
    _ = try await world.fileSystem.names.makeDirectory(
      "empty", in: try await world.inode("bucket/dir"), permissions: 0o755, caller: World.caller)
    try await world.write("text", to: "bucket/dir/f.txt")
    try await set("bucket/dir/f.txt") { $0.permissions = 0o755 }
    try await set("bucket/dir") { $0.modified = Timestamp(seconds: 1_000_000_000) }
    #expect(world.memory.keys("bucket") == ["dir/f.txt"])
    let head = try #require(world.memory.head("bucket", "dir/f.txt"))
    #expect(head.properties == ObjectProperties(contentType: "text/plain"))
    world.time.advance(by: .seconds(3))
    #expect(try await world.names("bucket/dir") == ["empty", "f.txt"])
    #expect(try await attributes("bucket/dir").permissions == 0o750)
    #expect(try await attributes("bucket/dir").modified == Timestamp(seconds: 1_000_000_000))
    #expect(try await attributes("bucket/dir/f.txt").permissions == 0o755)
  }

  @Test func attributesSetAfterTheCloseCostNoRequestAndFollowRenames() async throws {
    try await world.write("text", to: "bucket/f")
    let counts = try await world.requests {
      try await set("bucket/f") { ($0.permissions, $0.modified) = (0o711, Timestamp(seconds: 1_000_000_000)) }
    }
    #expect(counts[.copyObject] == nil && counts[.putObject] == nil)
    try await world.rename("bucket/f", to: "bucket/g")
    world.time.advance(by: .seconds(3))
    #expect(try await attributes("bucket/g").permissions == 0o711)
    #expect(try await attributes("bucket/g").modified == Timestamp(seconds: 1_000_000_000))
    _ = try await world.fileSystem.names.makeDirectory(
      "dir", in: try await world.inode("bucket"), permissions: 0o700, caller: World.caller)
    try await world.rename("bucket/g", to: "bucket/dir/g")
    try await world.rename("bucket/dir", to: "bucket/moved")
    world.time.advance(by: .seconds(3))
    #expect(try await attributes("bucket/moved").permissions == 0o700)
    #expect(try await attributes("bucket/moved/g").permissions == 0o711)
    #expect(world.memory.keys("bucket") == ["moved/g"])
    #expect(world.memory.head("bucket", "moved/g")?.properties.userMetadata == [:])
    // Another client's object of that name does not get these attributes.
    world.memory.put("bucket", "moved/g", "theirs")
    world.time.advance(by: .seconds(3))
    #expect(try await attributes("bucket/moved/g").permissions == 0o644)
  }

  @Test func anAppendKeepsTheModeAndUpdatesTheTime() async throws {
    try await world.write("text", to: "bucket/f")
    try await set("bucket/f") { ($0.permissions, $0.modified) = (0o600, Timestamp(seconds: 1_000_000_000)) }
    world.time.advance(by: .seconds(3))
    try await world.write("more", to: "bucket/f")
    world.time.advance(by: .seconds(3))
    #expect(try await attributes("bucket/f").permissions == 0o600)
    #expect(try await attributes("bucket/f").modified > Timestamp(seconds: 1_000_000_000))
  }

  @Test func existingMetadataIsKeptUpToDate() async throws {
    _ = try await world.memory.putObject(
      ObjectReference(bucket: "bucket", key: "f"), body: .bytes([1]),
      properties: ObjectProperties(userMetadata: ["mtime": "1000000000", "colour": "blue"]), condition: .none)
    try await world.write("new", to: "bucket/f")
    let metadata = try #require(world.memory.head("bucket", "f")).properties.userMetadata
    #expect(metadata["colour"] == "blue" && metadata.count == 2)
    #expect(metadata["mtime"] != "1000000000")
  }

  @Test func linksNodesAndExtendedAttributesAreRefused() async throws {
    let bucket = try await world.inode("bucket")
    let fileSystem = world.fileSystem
    #expect(
      await failure {
        _ = try await fileSystem.names.makeSymbolicLink("link", in: bucket, target: "x", caller: World.caller)
      } == .notPermitted)
    #expect(
      await failure {
        _ = try await fileSystem.names.makeNode(
          "fifo", in: bucket, kind: .fifo, permissions: 0o644, device: 0, caller: World.caller)
      } == .notPermitted)
    try await world.write("text", to: "bucket/f")
    let file = try await world.inode("bucket/f")
    #expect(
      await failure {
        try await fileSystem.attributeWriter.setExtendedAttribute("user.a", to: [1], of: file, mode: .createOrReplace)
      }
        == .unsupported)
    #expect(world.memory.keys("bucket") == ["f"])
  }

  @Test func aDirectoryCreatedByTheGatewayIsShownAndAddsNothingToTheBucket() async throws {
    let path = ObjectPath(bucket: "bucket", key: "dir/")
    #expect(try await world.fileSystem.edits.createDirectory(path))
    #expect(try await !world.fileSystem.edits.createDirectory(path))
    #expect(try await world.fileSystem.byKey.list(path, freshness: .now).isEmpty)
    #expect(try await world.names("bucket") == ["dir"])
    #expect(world.memory.keys("bucket") == [])
    _ = try await world.fileSystem.edits.delete(path, recursive: false)
    #expect(try await world.names("bucket") == [])
  }
}

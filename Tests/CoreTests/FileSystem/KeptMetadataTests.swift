// SEMANTICS: 6.3
import Core
import S3
import TestSupport
import Testing

/// An object's headers, metadata and tags survive what POSIX programs do to files.
struct KeptMetadataTests {
  private let tags = [Tag(key: "team", value: "a b"), Tag(key: "日本", value: "&=")]

  private func taggedWorld() async throws -> (World, ObjectReference) {
    let world = World()
    let reference = ObjectReference(bucket: "bucket", key: "file")
    var properties = ObjectProperties(contentType: "text/x-mine", userMetadata: ["colour": "blue"])
    properties.contentEncoding = "gzip"
    world.memory.put("bucket", "file", "old", properties: properties)
    try await world.memory.setTags(tags, of: reference)
    return (world, reference)
  }

  @Test func aRewriteKeepsTheTagsAtTheCostOfOneMoreRequest() async throws {
    let (world, reference) = try await taggedWorld()
    _ = try await world.inode("bucket/file")
    let counts = try await world.requests { () async throws in
      try await world.write("new", to: "bucket/file", flags: [.write, .truncate])
    }
    #expect(counts == [.headObject: 1, .getObjectTagging: 1, .putObject: 1])
    #expect(try await world.memory.tags(of: reference) == tags)
    #expect(world.memory.text("bucket", "file") == "new")
  }

  @Test func tagsThatAnotherClientSetAfterTheLastWriteAreKeptToo() async throws {
    let world = World()
    try await world.write("one", to: "bucket/file")
    let reference = ObjectReference(bucket: "bucket", key: "file")
    try await world.memory.setTags(tags, of: reference)
    try await world.write("two", to: "bucket/file", flags: [.write, .append])
    try await world.write("3", to: "bucket/file", flags: [.write, .append])
    #expect(try await world.memory.tags(of: reference) == tags)
    #expect(world.memory.text("bucket", "file") == "onetwo3")
  }

  @Test func aRenameAndAChangeOfModeKeepTagsAndHeaders() async throws {
    let (world, _) = try await taggedWorld()
    var changes = AttributeChanges()
    changes.permissions = 0o600
    _ = try await world.fileSystem.attributeWriter.setAttributes(
      of: try await world.inode("bucket/file"), to: changes, handle: nil)
    try await world.rename("bucket/file", to: "bucket/moved")
    let moved = ObjectReference(bucket: "bucket", key: "moved")
    #expect(try await world.memory.tags(of: moved) == tags)
    let head = try await world.memory.headObject(moved, conditions: .none, versionID: nil)
    #expect(head.properties.contentEncoding == "gzip" && head.properties.contentType == "text/x-mine")
    #expect(head.properties.userMetadata["colour"] == "blue")
  }

  /// As `chmod` by another client does: a copy onto itself, with the same ETag.
  @Test func headersThatChangeWithTheSameETagAreSeenAtOpen() async throws {
    let world = World()
    world.memory.put("bucket", "file", "x", properties: ObjectProperties(userMetadata: ["mode": "33188"]))
    #expect(try await world.read("bucket/file") == "x")
    world.memory.put(
      "bucket", "file", "x", properties: ObjectProperties(userMetadata: ["mode": "33188", "colour": "red"]))
    try await world.write("y", to: "bucket/file", flags: [.write, .append])
    let reference = ObjectReference(bucket: "bucket", key: "file")
    let head = try await world.memory.headObject(reference, conditions: .none, versionID: nil)
    #expect(head.properties.userMetadata["colour"] == "red")
  }
}

import Keys
import S3
import TestSupport
import Testing

@testable import Core

/// Regression (fault C40).
@Suite("6.7 headers that a renamed file gets")
struct InheritedHeadersTests {
  @Test("a type guessed from the old name is guessed again", arguments: ["a.tmp", "a", "a.bin", ".a.json.Xy12"])
  func guessed(name: String) {
    let own = ObjectProperties(contentType: MediaType.ofFile(named: name))
    #expect(InheritedHeaders.of(own, from: name, to: "a.json").contentType == "application/json")
    #expect(InheritedHeaders.of(ObjectProperties(), from: name, to: "a.json").contentType == "application/json")
  }

  @Test("a type that was set explicitly stays")
  func given() {
    let own = ObjectProperties(contentType: "text/x-mine")
    #expect(InheritedHeaders.of(own, from: "a.tmp", to: "a.json") == own)
  }

  @Test("a file without headers of its own takes over those of the object that it replaces; others do not")
  func replacing() {
    var old = ObjectProperties(contentType: "application/vnd.x+json", userMetadata: ["colour": "red", "mode": "33188"])
    old.cacheControl = "no-store"
    var own = ObjectProperties(contentType: MediaType.unknown, userMetadata: ["mode": "33152"])
    let taken = InheritedHeaders.of(own, from: "a.tmp", to: "a.json", replacing: old)
    #expect(taken.contentType == "application/vnd.x+json" && taken.cacheControl == "no-store")
    #expect(taken.userMetadata == ["colour": "red", "mode": "33152"])
    own.cacheControl = "max-age=1"
    let kept = InheritedHeaders.of(own, from: "a.tmp", to: "a.json", replacing: old)
    #expect(kept.cacheControl == "max-age=1" && kept.userMetadata["colour"] == nil)
    #expect(kept.contentType == "application/json")
  }

  @Test("a rename in the mount, of a saved or unsaved file, or by the gateway takes them over", arguments: 0..<3)
  func renames(way: Int) async throws {
    let world = World()
    var properties = ObjectProperties(contentType: "application/vnd.x+json", userMetadata: ["colour": "red"])
    properties.contentLanguage = "ja"
    world.memory.put("bucket", "d/x.json", "old", properties: properties)
    let reference = ObjectReference(bucket: "bucket", key: "d/x.json")
    try await world.memory.setTags([Tag(key: "team", value: "a")], of: reference)
    switch way {
    case 0:
      try await world.write("new", to: "bucket/d/x.tmp")
      try await world.rename("bucket/d/x.tmp", to: "bucket/d/x.json")
    case 1:
      let file = try await world.fileSystem.files.create(
        "x.tmp", in: try await world.inode("bucket/d"), permissions: 0o600, flags: [.write], caller: World.caller
      ).file
      _ = try await world.fileSystem.files.write(Array("new".utf8), at: 0, to: file.handle)
      try await world.rename("bucket/d/x.tmp", to: "bucket/d/x.json")
      try await world.fileSystem.files.flush(file.handle, othersOpen: false)
      await world.fileSystem.files.release(file.handle)
    default:
      world.memory.put("bucket", "d/x.tmp", "new")
      try await world.fileSystem.edits.move(
        ObjectPath(bucket: "bucket", key: "d/x.tmp"), to: ObjectPath(bucket: "bucket", key: "d/x.json"), replace: true)
    }
    #expect(world.memory.text("bucket", "d/x.json") == "new")
    let head = try await world.memory.headObject(reference, conditions: .none, versionID: nil)
    #expect(head.properties.contentType == "application/vnd.x+json" && head.properties.contentLanguage == "ja")
    #expect(head.properties.userMetadata["colour"] == "red")
    #expect(try await world.memory.tags(of: reference) == [Tag(key: "team", value: "a")])
  }
}

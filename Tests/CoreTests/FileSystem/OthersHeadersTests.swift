// SEMANTICS: 6.7
import S3
import TestSupport
import Testing

@testable import Core

/// 6.7 Headers and tags that others set on an object, while the mount knows it or has it open, are preserved by writes
/// of the mount.
struct OthersHeadersTests {
  enum Work: String, CaseIterable { case append, sync, saveOver, copy }

  private func path(_ key: ObjectKey) -> ObjectPath { ObjectPath(bucket: "bucket", key: key) }

  /// Which answers of a server contain the number of an object's tags.
  enum Telling: String, CaseIterable { case both, head, get, neither }

  @Test(arguments: Work.allCases, [true, false])
  func `headers and tags that others set are preserved`(_ work: Work, byGateway: Bool) async throws {
    try await goAlong(work, byGateway: byGateway, telling: .both)
  }

  @Test(arguments: Work.allCases, Telling.allCases)
  func `tags are preserved, whichever answers contain their number`(_ work: Work, _ telling: Telling) async throws {
    try await goAlong(work, byGateway: false, telling: telling)
    try await goAlong(work, byGateway: false, telling: telling, fromBeginning: true)
  }

  /// Tags of the replaced object are taken over only by a file without tags.
  @Test(arguments: [true, false])
  func `a rename over an object requests the tags of the file only where it may have some`(tagged: Bool) async throws {
    let world = World()
    var properties = ObjectProperties()
    properties.tags = [Tag(key: "own", value: "1")]
    world.memory.put("bucket", "file", "new", properties: tagged ? properties : ObjectProperties())
    properties.tags = [Tag(key: "other", value: "1")]
    world.memory.put("bucket", "old", "old", properties: properties)
    let counts = try await world.requests { try await world.rename("bucket/file", to: "bucket/old") }
    #expect(counts[.getObjectTagging, default: 0] == (tagged ? 0 : 1))
    let tags = try await world.memory.tags(of: ObjectReference(bucket: "bucket", key: "old"))
    #expect(tags.map(\.key) == [tagged ? "own" : "other"])
  }

  private func goAlong(_ work: Work, byGateway: Bool, telling: Telling, fromBeginning: Bool = false) async throws {
    var behaviour = InMemoryStore.Behaviour()
    behaviour.tellsTags = (telling == .both || telling == .head, telling == .both || telling == .get)
    let world = World(behaviour: behaviour) { $0.ttl = nil }
    let fileSystem = world.fileSystem
    let bytes = [UInt8](repeating: 1, count: 1 << 20)
    let tags = [Tag(key: "t", value: "1")]
    var others = ObjectProperties(contentType: "text/csv", userMetadata: ["a": "1"])
    others.tags = tags
    world.memory.put(
      "bucket", "f", bytes, properties: fromBeginning ? others : ObjectProperties(contentType: "text/plain"))
    let file = try await fileSystem.files.open(try await world.inode("bucket/f"), flags: [.read, .write, .append])
      .handle
    if work == .append || work == .sync { _ = try await fileSystem.files.write([2], at: 0, to: file) }
    if work == .sync { try await fileSystem.files.synchronize(file) }
    // Another client's change, in the same second of S3's clock.
    if byGateway {
      let changes = DetailChanges(headers: ["content-type": "text/csv"], metadata: ["a": "1"], tags: ["t": "1"])
      _ = try await fileSystem.edits.change(path("f"), to: changes, ifMatch: nil)
    } else if !fromBeginning {
      let now = try #require(world.memory.bytes("bucket", "f"))
      world.memory.put("bucket", "f", now, properties: others)
    }
    world.time.advance(by: .milliseconds(200))
    var key: ObjectKey = "f"
    switch work {
    case .append: try await fileSystem.files.flush(file, othersOpen: false)
    case .sync:
      _ = try await fileSystem.files.write([3], at: 0, to: file)
      try await fileSystem.files.flush(file, othersOpen: false)
    case .saveOver:
      try await world.write("new", to: "bucket/.f")
      try await world.rename("bucket/.f", to: "bucket/f")
    case .copy:
      key = "copy"
      let target = try await fileSystem.files.create(
        "copy", in: try await world.inode("bucket"), permissions: 0o644, flags: [.write], caller: World.caller
      ).file.handle
      _ = try await fileSystem.files.copyRange(from: file, at: 0, to: target, at: 0, count: Int64(bytes.count))
      try await fileSystem.files.flush(target, othersOpen: false)
      await fileSystem.files.release(target)
    }
    await fileSystem.files.release(file)
    let head = try #require(world.memory.head("bucket", key))
    #expect(head.properties.contentType == "text/csv")
    #expect(head.properties.userMetadata["a"] == "1")
    #expect(try await world.memory.tags(of: ObjectReference(bucket: "bucket", key: key)) == tags)
  }
}

import S3
import TestSupport
import Testing

@testable import States

@Suite("Random trees and edits: the difference is exactly the edits")
struct EditPropertyTests {
  private static let names = [
    "a", "a/b", "a/", "b.json", "b.json/x", "é", "x@s3", "c//d", "out/1.csv", "out/2.csv", "out/3.csv", "\n", "z",
  ]

  @Test("diff, reset, reset", arguments: 0..<60)
  func edits(seed: Int) async throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let world = StateWorld()
    let keys = Self.names.filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }.map { ObjectKey($0) }
    try await makeTree(keys, in: world, &generator)
    try await world.layOut("fx", deletes: true)
    if Bool.random(using: &generator) { world.pass() }
    if Bool.random(using: &generator) { #expect(try await world.letters("fx").isEmpty) }
    if Bool.random(using: &generator) { world.pass() }

    var expected: [String] = []
    var addsTags = false
    for name in Self.names {
      let key = ObjectKey(name)
      let isThere = keys.contains(key)
      switch Int.random(in: 0..<12, using: &generator) {
      case 0 where isThere:
        world.base.remove("orders", key)
        expected.append("- orders/\(key)")
      case 1 where !isThere:
        world.base.put("orders", key, "new")
        expected.append("+ orders/\(key)")
      case 2 where isThere:
        // Other bytes of the same size.
        let bytes = try #require(world.base.bytes("orders", key)).map { $0 ^ 1 }
        world.base.put("orders", key, bytes, properties: try #require(world.base.head("orders", key)).properties)
        world.base.tag("orders", key, try tags(of: key, in: world, fixture: true))
        expected.append((bytes.isEmpty ? "" : "M orders/\(key)"))
      case 3 where isThere:
        try replace(key, in: world) { $0.userMetadata["edited"] = "yes" }
        expected.append("U orders/\(key)")
      case 4 where isThere:
        try replace(key, in: world) { $0.contentLanguage = "en" }
        expected.append("U orders/\(key)")
      case 5 where isThere:
        addsTags = addsTags || world.base.tags("orders", key)?.isEmpty == true
        world.base.tag("orders", key, [S3.Tag(key: "edited", value: "yes")])
        expected.append("U orders/\(key)")
      case 6 where isThere:
        // Another client writes the same bytes again.
        try replace(key, in: world) { _ in }
      case 7 where isThere:
        // The same bytes in one part, with another ETag.
        try await upload(key, try #require(world.base.bytes("orders", key)), in: world)
      case 8 where isThere:
        let bytes = try #require(world.base.bytes("orders", key)).map { $0 ^ 2 }
        try await upload(key, bytes, in: world)
        expected.append(bytes.isEmpty ? "" : "M orders/\(key)")
      default: continue
      }
      if Int.random(in: 0..<4, using: &generator) == 0 { world.pass() }
    }
    expected = expected.filter { !$0.isEmpty }.sorted {
      $0.utf8.dropFirst(2).lexicographicallyPrecedes($1.utf8.dropFirst(2))
    }
    #expect(try await world.letters("fx", isThorough: addsTags) == expected)
    try await world.layOut("fx", deletes: true)
    #expect(try await world.letters("fx", isThorough: true).isEmpty)
    world.pass()
    try await world.layOut("fx", deletes: true)
    world.store.reset()
    let again = try await world.layOut("fx", deletes: true)
    #expect(again.plan.isEmpty)
    // Tags leave no trace in a listing: where there are any, they are requested.
    #expect(world.store.counts.keys.allSatisfy { $0 == .listObjects || $0 == .getObjectTagging })
  }

  private func makeTree(_ keys: [ObjectKey], in world: StateWorld, _ generator: inout SeededGenerator) async throws {
    let source = StateWorld(buckets: ["orders"])
    for key in keys {
      var properties = ObjectProperties()
      if Int.random(in: 0..<3, using: &generator) == 0 { properties.userMetadata["m"] = "v" }
      if Int.random(in: 0..<3, using: &generator) == 0 { properties.contentType = "x/y" }
      source.base.put("orders", key, "body of \(key)", properties: properties)
      if Int.random(in: 0..<4, using: &generator) == 0 {
        source.base.tag("orders", key, [S3.Tag(key: "t", value: "1")])
      }
    }
    let session = Session(store: source.base, endpoint: "source", cache: nil)
    let state = try await EndpointReader(session).state(of: ["orders"])
    _ = try await DirectoryWriter(world.directory + "/fx", session: session).export(state) { $0 }
  }

  private func replace(_ key: ObjectKey, in world: StateWorld, _ edit: (inout ObjectProperties) -> Void) throws {
    var properties = try #require(world.base.head("orders", key)).properties
    edit(&properties)
    let tags = try tags(of: key, in: world, fixture: true)
    world.base.put("orders", key, try #require(world.base.bytes("orders", key)), properties: properties)
    world.base.tag("orders", key, tags)
  }

  private func upload(_ key: ObjectKey, _ bytes: [UInt8], in world: StateWorld) async throws {
    var properties = try #require(world.base.head("orders", key)).properties
    properties.tags = try tags(of: key, in: world, fixture: true)
    let upload = try await world.base.createMultipartUpload(
      ObjectReference(bucket: "orders", key: key), properties: properties)
    let part = try await world.base.uploadPart(upload, number: 1, body: .bytes(bytes))
    _ = try await world.base.completeMultipartUpload(upload, parts: [part], condition: .none)
  }

  private func tags(of key: ObjectKey, in world: StateWorld, fixture: Bool) throws -> [S3.Tag] {
    let state = try world.state("fx", try world.session())
    return state.buckets["orders"]?.items.first { $0.key == key }?.stated?.properties.sortedTags ?? []
  }
}

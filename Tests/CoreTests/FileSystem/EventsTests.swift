// SEMANTICS: 6.7.1
import Core
import S3
import TestSupport
import Testing

/// Checks the table of SEMANTICS.md 6.7.1: which S3 events a change fires, by the requests that fire them.
struct EventsTests {
  enum Event: String {
    case put = "ObjectCreated:Put"
    case copy = "ObjectCreated:Copy"
    case complete = "ObjectCreated:CompleteMultipartUpload"
    case delete = "ObjectRemoved:Delete"
    case tagging = "ObjectTagging:Put"
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var events: [Event]
    /// The events with `--plain`; nil: the same.
    var plain: [Event]?
    var change: @Sendable (World) async throws -> Void

    var testDescription: String { name }
  }

  private static func set(_ path: String, _ world: World, _ change: (inout AttributeChanges) -> Void) async throws {
    var changes = AttributeChanges()
    change(&changes)
    _ = try await world.fileSystem.attributeWriter.setAttributes(
      of: try await world.inode(path), to: changes, handle: nil)
  }

  static let rows = [
    Row(name: "new file", events: [.put]) { try await $0.write("x", to: "bucket/new") },
    Row(name: "new bytes", events: [.put]) { try await $0.write("x", to: "bucket/dir/f") },
    Row(name: "large file", events: [.complete]) {
      try await $0.write(String(repeating: "x", count: 40_000), to: "bucket/large")
    },
    Row(name: "chmod", events: [.copy], plain: []) { try await set("bucket/dir/f", $0) { $0.permissions = 0o600 } },
    Row(name: "touch", events: [.copy], plain: []) {
      try await set("bucket/dir/f", $0) { $0.modified = Timestamp(seconds: 1_000_000_000) }
    },
    Row(name: "mkdir", events: [.put], plain: []) {
      _ = try await $0.fileSystem.names.makeDirectory(
        "new", in: try await $0.inode("bucket"), permissions: 0o755, caller: World.caller)
    },
    Row(name: "chmod of a directory", events: [.put], plain: []) {
      try await set("bucket/dir", $0) { $0.permissions = 0o700 }
    },
    Row(name: "rm", events: [.delete]) {
      try await $0.fileSystem.names.unlink("f", in: try await $0.inode("bucket/dir"))
    },
    Row(name: "rmdir", events: [.delete]) {
      try await $0.fileSystem.names.removeDirectory("marked", in: try await $0.inode("bucket"))
    },
    Row(name: "mv", events: [.copy, .delete]) { try await $0.rename("bucket/dir/f", to: "bucket/g") },
    Row(name: "mv of a directory", events: [.copy, .copy, .delete, .delete]) {
      try await $0.rename("bucket/dir", to: "bucket/moved")
    },
    Row(name: "PUT by the gateway", events: [.put]) {
      let path = ObjectPath(bucket: "bucket", key: "new")
      let writer = try $0.fileSystem.edits.writer(to: path, properties: ObjectProperties(), condition: .none)
      try await writer.append([1])
      _ = try await writer.finish()
    },
    Row(name: "tags by the gateway", events: [.tagging]) {
      var changes = DetailChanges()
      changes.tags = ["team": "a"]
      _ = try await $0.fileSystem.edits.change(ObjectPath(bucket: "bucket", key: "dir/f"), to: changes, ifMatch: nil)
    },
  ]

  @Test(arguments: rows, [false, true])
  func whatFires(_ row: Row, plain: Bool) async throws {
    let world = World(unit: 1000, deletesConditionally: true) { $0.plain = plain }
    for key in ["dir/f", "dir/g"] as [ObjectKey] { world.memory.put("bucket", key, "x") }
    world.memory.put("bucket", "marked/")
    _ = try await world.names("bucket/dir")
    let counts = try await world.requests { try await row.change(world) }
    var fired: [Event] = []
    let events: [(StoreOperation, Event)] = [
      (.putObject, .put), (.copyObject, .copy), (.completeMultipartUpload, .complete), (.deleteObject, .delete),
      (.putObjectTagging, .tagging),
    ]
    for (operation, event) in events { fired += Array(repeating: event, count: counts[operation] ?? 0) }
    // One request, and one event for each key.
    if counts[.deleteObjects] != nil { fired += [.delete, .delete] }
    #expect(fired == (plain ? row.plain ?? row.events : row.events))
  }
}

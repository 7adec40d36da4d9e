// SEMANTICS: 5.0
import S3
import TestSupport
import Testing

@testable import Core

/// Every request by key goes through one door: its checks and waits apply to all of them.
@Suite("2 3.11 6.10 the one door of requests by key")
struct DoorTests {
  struct Call: Sendable, CustomTestStringConvertible {
    let name: String
    let changes: Bool
    /// Whether it operates on the directory that holds the object.
    var isAboutDirectory = false
    let body: @Sendable (FileSystem, ObjectPath) async throws -> Void
    var testDescription: String { name }
  }

  /// All public methods that take a path. Add new ones here, or their checks are not tested.
  static let calls: [Call] = makeCalls()

  private static func makeCalls() -> [Call] {
    var calls: [Call] = []
    calls.append(
      Call(name: "locate", changes: false) { _ = try await $0.byKey.locate($1, freshness: .withinTTL) })
    calls.append(
      Call(name: "locate now", changes: false) { _ = try await $0.byKey.locate($1, freshness: .now) })
    calls.append(
      Call(name: "standing", changes: false) { _ = try await $0.byKey.standing(at: $1) })
    calls.append(
      Call(name: "details", changes: false) { _ = try await $0.edits.details(of: $1) })
    calls.append(
      Call(name: "versions", changes: false) { _ = try await $0.edits.versions(of: $1) })
    calls.append(
      Call(name: "reader", changes: false) { _ = try await $0.byKey.reader(of: $1, freshness: .withinTTL) })
    calls.append(
      Call(name: "reader of a version", changes: false) { _ = try await $0.edits.reader(of: $1, version: "null") })
    calls.append(
      Call(name: "list", changes: false, isAboutDirectory: true) {
        _ = try await $0.byKey.list($1, freshness: .withinTTL)
      })
    calls.append(
      Call(name: "walk", changes: false, isAboutDirectory: true) { try await $0.byKey.walk($1) { _ in } })
    calls.append(
      Call(name: "change", changes: true) {
        _ = try await $0.edits.change($1, to: DetailChanges(metadata: ["colour": "red"]), ifMatch: nil)
      })
    calls.append(
      Call(name: "restore", changes: true) { _ = try await $0.edits.restore($1, version: "null") })
    calls.append(
      Call(name: "delete", changes: true) { _ = try await $0.edits.delete($1, recursive: false) })
    calls.append(
      Call(name: "delete below", changes: true, isAboutDirectory: true) {
        _ = try await $0.edits.delete($1, recursive: true)
      })
    calls.append(
      Call(name: "move", changes: true) {
        try await $0.edits.move($1, to: ObjectPath(bucket: $1.bucket, key: "in/moved"), replace: true)
      })
    calls.append(
      Call(name: "move to", changes: true) {
        try await $0.edits.move(ObjectPath(bucket: $1.bucket, key: "in/other"), to: $1, replace: true)
      })
    calls.append(
      Call(name: "copy", changes: true) {
        try await $0.edits.copy($1, to: ObjectPath(bucket: $1.bucket, key: "in/copied"), replace: true)
      })
    calls.append(
      Call(name: "copy to", changes: true) {
        try await $0.edits.copy(ObjectPath(bucket: $1.bucket, key: "in/other"), to: $1, replace: true)
      })
    calls.append(
      Call(name: "write", changes: true) {
        let writer = try $0.edits.writer(to: $1, properties: ObjectProperties(), condition: .none)
        _ = try await writer.finish()
      })
    calls.append(
      Call(name: "write and keep", changes: true) {
        let writer = try await $0.edits.writer(
          keepingDetailsOf: $1, setting: DetailChanges(), orElse: ObjectProperties(), condition: .none)
        _ = try await writer.finish()
      })
    calls.append(
      Call(name: "create a directory", changes: true, isAboutDirectory: true) {
        _ = try await $0.edits.createDirectory(ObjectPath(bucket: $1.bucket, key: $1.key))
      })
    return calls
  }

  private static func path(_ call: Call, _ key: ObjectKey) -> ObjectPath {
    let path = ObjectPath(bucket: "bucket", key: key)
    guard call.isAboutDirectory, let slash = key.string.lastIndex(of: "/") else { return path }
    return ObjectPath(bucket: "bucket", key: ObjectKey(String(key.string[...slash])))
  }

  @Test("with --write-back each call waits for files that were closed before", arguments: calls)
  func waits(call: Call) async throws {
    let world = World { $0.writeBack = true }
    world.memory.put("bucket", "in/other", "other")
    let hold = world.faults.hold(.putObject, key: "in/file")
    try await world.write("closed", to: "bucket/in/file")
    let path = Self.path(call, "in/file")
    async let called: Void? = try? call.body(world.fileSystem, path)
    // The upload begins at once or after its usual delay; in both cases the call does not overtake it.
    await hold.reached()
    let before = world.recorder.calls.filter { $0.key.hasPrefix("in/file") && $0.operation != .putObject }
    #expect(before.filter { $0.operation != .headObject || $0.key == "in/file" }.isEmpty)
    hold.release()
    _ = await called
    #expect(world.fileSystem.held.pending.isEmpty)
  }

  @Test("outside the chosen prefix every call fails as not found, without a request for that key", arguments: calls)
  func confined(call: Call) async throws {
    let world = World { $0.buckets = [BucketScope(bucket: "bucket", prefix: "in")] }
    world.memory.put("bucket", "in/other", "other")
    for key in ["out/file", "inside/file", "file"] as [ObjectKey] {
      world.memory.put("bucket", key, "theirs")
      let path = key == "file" ? ObjectPath(bucket: "bucket", key: key) : Self.path(call, key)
      guard !call.isAboutDirectory || key != "file" else { continue }
      let code = await failure { try await call.body(world.fileSystem, path) }
      #expect(code == .notFound, "\(path)")
      #expect(world.memory.text("bucket", key) == "theirs")
    }
    #expect(world.recorder.calls.filter { !$0.key.hasPrefix("in/") && $0.operation != .listBuckets }.isEmpty)
  }

  @Test("a call for the bucket itself changes nothing outside the prefix and deletes nothing in it", arguments: calls)
  func bucketOfAPrefix(call: Call) async throws {
    let world = World { $0.buckets = [BucketScope(bucket: "bucket", prefix: "in")] }
    for key in ["in/other", "in/file", "out", "in"] as [ObjectKey] { world.memory.put("bucket", key, "theirs") }
    _ = try? await call.body(world.fileSystem, ObjectPath(bucket: "bucket"))
    #expect(world.memory.text("bucket", "out") == "theirs")
    #expect(world.memory.text("bucket", "in") == "theirs")
    #expect(world.memory.text("bucket", "in/file") == "theirs")
  }

  @Test("read-only refuses every change and sends nothing", arguments: calls.filter(\.changes))
  func readOnly(call: Call) async throws {
    let world = World { $0.readOnly = true }
    world.memory.put("bucket", "in/file", "theirs")
    world.memory.put("bucket", "in/other", "theirs")
    #expect(await failure { try await call.body(world.fileSystem, Self.path(call, "in/file")) } == .readOnly)
    #expect(world.recorder.calls.allSatisfy { [.listObjects, .headObject, .listBuckets].contains($0.operation) })
  }

  @Test("with a prefix the bucket's own settings are neither returned nor changed")
  func partOfABucket() async throws {
    let world = World { $0.buckets = [BucketScope(bucket: "bucket", prefix: "in")] }
    world.memory.put("bucket", "in/file", "theirs")
    let bucket = ObjectPath(bucket: "bucket")
    #expect(await failure { try await world.fileSystem.edits.setVersioned(true, bucket) } == .notPermitted)
    #expect(try await world.fileSystem.edits.settings(of: bucket).notifications == nil)
    #expect(world.memory.text("bucket", "in/file") == "theirs")
  }

  @Test("with --bucket, even without a prefix, buckets are neither created nor deleted")
  func wholeBucket() async throws {
    let world = World { $0.buckets = [BucketScope(bucket: "bucket"), BucketScope(bucket: "other")] }
    world.memory.put("bucket", "file", "theirs")
    let bucket = ObjectPath(bucket: "bucket")
    #expect(await failure { _ = try await world.fileSystem.edits.delete(bucket, recursive: true) } == .notPermitted)
    #expect(await failure { try await world.fileSystem.names.deleteBucket("bucket") } == .notPermitted)
    #expect(await failure { try await world.fileSystem.names.createBucket("other") } == .notPermitted)
    #expect(world.memory.text("bucket", "file") == "theirs")
  }

  private func failure(_ body: () async throws -> Void) async -> FileSystemError.Code? {
    do {
      try await body()
      return nil
    } catch { return (error as? FileSystemError)?.code }
  }

  @Test(
    "a pattern that begins above the chosen prefix finds nothing outside it",
    arguments: ["*", "**/*.txt", "{in,out}/*", "i*/a.txt", "in*/**", "i**"])
  func patterns(_ pattern: String) async throws {
    let world = World { $0.buckets = [BucketScope(bucket: "bucket", prefix: "in")] }
    for key in ["top", "in/a.txt", "in/b/c.txt", "inside", "out/a.txt"] as [ObjectKey] {
      world.memory.put("bucket", key, "x")
    }
    let path = ObjectPath(bucket: "bucket", key: ObjectKey(pattern))
    let found = try await world.fileSystem.byKey.objects(matching: try #require(KeyPattern(path)))
    #expect(found.allSatisfy { $0.path.key.hasPrefix("in/") })
    #expect(found.isEmpty == (pattern == "*"))
    _ = try await world.fileSystem.byKey.watch(try #require(KeyPattern(path)))
  }
}

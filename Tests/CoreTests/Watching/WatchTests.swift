import S3
import TestSupport
import Testing

@testable import Core

@Suite struct WatchTests {
  private let store = InMemoryStore(buckets: ["box"])

  private func fileSystem(_ store: (any ObjectStore)? = nil) -> FileSystem {
    var options = FileSystemOptions()
    // Longer than any test: polls happen when the test says so.
    options.ttl = .seconds(600)
    return FileSystem(store: store ?? self.store, options: options)
  }

  private func next(_ subscription: ChangeSubscription) async -> String? {
    switch await subscription.next(within: .seconds(10)) {
    case .change(let change): "\(change.kind) \(change.path)"
    case .overflow: "overflow"
    case nil: nil
    }
  }

  private static let scope = WatchScope(bucket: "box", prefix: "d/")

  @Test func `changes by others are reported after a poll, which updates the caches, too`() async throws {
    let files = fileSystem()
    store.put("box", "d/old", "1")
    let subscription = try await files.byKey.watch(ObjectPath(bucket: "box", key: "d/"))
    store.put("box", "d/new", "2")
    store.put("box", "d/sub/x", "2")
    store.remove("box", "d/old")
    await files.changes.changeDetector.poll(Self.scope)
    #expect(await next(subscription) == "created /box/d/new")
    #expect(await next(subscription) == "deleted /box/d/old")
    #expect(await next(subscription) == "created /box/d/sub/")
    // Within the ttl, and without another request.
    #expect(
      try await files.byKey.list(ObjectPath(bucket: "box", key: "d/"), freshness: .withinTTL).map(\.name) == [
        "new", "sub",
      ])
  }

  @Test func `own changes are reported at once`() async throws {
    let files = fileSystem()
    let subscription = try await files.byKey.watch(ObjectPath(bucket: "box", key: "d/"))
    let path = ObjectPath(bucket: "box", key: "d/x")
    let writer = try files.edits.writer(to: path, properties: ObjectProperties(), condition: .none)
    try await writer.append([1, 2])
    _ = try await writer.finish()
    #expect(await next(subscription) == "created /box/d/x")
    try await files.edits.copy(path, to: ObjectPath(bucket: "box", key: "d/y"), replace: false)
    #expect(await next(subscription) == "created /box/d/y")
    _ = try await files.edits.delete(path, recursive: false)
    #expect(await next(subscription) == "deleted /box/d/x")
  }

  @Test func `a recursive deletion is reported to a watcher of the parent`() async throws {
    let files = fileSystem()
    store.put("box", "d/sub/1")
    store.put("box", "d/sub/2")
    let subscription = try await files.byKey.watch(ObjectPath(bucket: "box", key: "d/"))
    _ = try await files.edits.delete(ObjectPath(bucket: "box", key: "d/sub/"), recursive: true)
    #expect(await next(subscription) == "deleted /box/d/sub/")
  }

  @Test func `a watch of the root reports buckets`() async throws {
    let files = fileSystem()
    let subscription = try await files.byKey.watch(.root)
    try await files.names.createBucket("other")
    #expect(await next(subscription) == "created /other/")
  }

  @Test func `subscriptions of one place share its listings, which end with the last one`() async throws {
    let recording = RecordingStore(store)
    let files = fileSystem(recording)
    let path = ObjectPath(bucket: "box", key: "d/")
    let first = try await files.byKey.watch(path)
    let second = try await files.byKey.watch(path)
    await files.changes.changeDetector.poll(Self.scope)
    #expect(recording.count(.listObjects) == 2)
    store.put("box", "d/x")
    first.end()
    await files.changes.changeDetector.poll(Self.scope)
    #expect(await next(second) == "created /box/d/x")
    #expect(await next(first) == nil)
    second.end()
    await files.changes.changeDetector.poll(Self.scope)
    #expect(recording.count(.listObjects) == 3)
  }

  @Test func `a subscription that is read too slowly reports that changes were lost`() async throws {
    let files = fileSystem()
    let subscription = try await files.byKey.watch(ObjectPath(bucket: "box", key: "d/"))
    for number in 0...ChangeSubscription.usualCapacity { store.put("box", ObjectKey("d/\(number)")) }
    await files.changes.changeDetector.poll(Self.scope)
    #expect(await next(subscription) == "overflow")
    store.put("box", "d/later")
    await files.changes.changeDetector.poll(Self.scope)
    #expect(await next(subscription) == "created /box/d/later")
  }

  @Test func `a name can be watched before it exists, at the cost of one small listing`() async throws {
    let files = fileSystem()
    for number in 0..<2000 { store.put("box", ObjectKey("d/\(number)")) }
    let subscription = try await files.byKey.watch(name: ObjectPath(bucket: "box", key: "d/x"))
    store.put("box", "d/x")
    await files.changes.changeDetector.poll(WatchScope(bucket: "box", prefix: "d/x"))
    #expect(await next(subscription) == "created /box/d/x")
  }

  @Test func `waiting ends at its timeout, and when the task is cancelled`() async throws {
    let files = fileSystem()
    let subscription = try await files.byKey.watch(ObjectPath(bucket: "box", key: "d/"))
    #expect(await subscription.next(within: .milliseconds(10)) == nil)
    let task = Task { await subscription.next(within: .seconds(600)) }
    task.cancel()
    #expect(await task.value == nil)
  }
}

import S3
import Testing

@testable import Core

@Suite struct ChangeSnapshotTests {
  static let scope = WatchScope(bucket: "box", prefix: "d/")

  static func facts(_ etag: String, _ seconds: Int64 = 1, isStated: Bool = true) -> ObjectFacts {
    ObjectFacts(
      size: 1, version: Version(etag: ETag(etag), modified: Timestamp(seconds: seconds), isStated: isStated))
  }

  static func kinds(_ changes: [ObjectChange]) -> [String] { changes.map { "\($0.kind) \($0.path)" } }

  @Test func `created, changed and deleted names are reported once`() {
    var snapshot = ChangeSnapshot(Self.scope, ["d/a": Self.facts("1"), "d/b": Self.facts("1"), "d/sub/": nil])
    let now: ChangeDetector.Listing = ["d/a": Self.facts("2"), "d/c": Self.facts("1"), "d/sub/": nil]
    #expect(Self.kinds(snapshot.install(now)) == ["changed /box/d/a", "deleted /box/d/b", "created /box/d/c"])
    #expect(snapshot.install(now) == [])
  }

  @Test func `the same bytes written again are a change`() {
    var snapshot = ChangeSnapshot(Self.scope, ["d/a": Self.facts("1", 1)])
    #expect(Self.kinds(snapshot.install(["d/a": Self.facts("1", 2)])) == ["changed /box/d/a"])
  }

  @Test func `an own write is reported at once, and its time from S3 is no second change`() {
    var snapshot = ChangeSnapshot(Self.scope, [:])
    let written = snapshot.own(
      Self.facts("1", 10, isStated: false), at: ObjectReference(bucket: "box", key: "d/a"))
    guard case .change(let change) = written else { return #expect(Bool(false), "\(written)") }
    #expect(change.kind == .created && change.path.key == "d/a" && change.etag == ETag("1"))
    #expect(snapshot.install(["d/a": Self.facts("1", 11)]) == [])
    #expect(Self.kinds(snapshot.install(["d/a": Self.facts("1", 12)])) == ["changed /box/d/a"])
  }

  @Test func `a listing requested before an own change does not undo it`() {
    var snapshot = ChangeSnapshot(Self.scope, ["d/old": Self.facts("1")])
    snapshot.expectListing()
    _ = snapshot.own(Self.facts("1"), at: ObjectReference(bucket: "box", key: "d/new"))
    _ = snapshot.own(nil, at: ObjectReference(bucket: "box", key: "d/old"))
    #expect(snapshot.install(["d/old": Self.facts("1")]) == [])
    snapshot.expectListing()
    #expect(snapshot.install(["d/new": Self.facts("1")]) == [])
  }

  @Test func `a key further below is reported as its directory, whose deletion only a listing shows`() {
    var snapshot = ChangeSnapshot(Self.scope, [:])
    let deep = ObjectReference(bucket: "box", key: "d/sub/x")
    guard case .change(let change) = snapshot.own(Self.facts("1"), at: deep) else { return #expect(Bool(false)) }
    #expect(change.path.description == "/box/d/sub/" && change.etag == nil)
    #expect(snapshot.own(Self.facts("2"), at: deep) == .unseen)
    #expect(snapshot.own(nil, at: deep) == .unknown)
  }

  @Test(arguments: ["e/x", "d/", "d"])
  func `keys outside the scope are not reported`(key: String) {
    var snapshot = ChangeSnapshot(Self.scope, [:])
    #expect(snapshot.own(Self.facts("1"), at: ObjectReference(bucket: "box", key: ObjectKey(key))) == .unseen)
  }

  @Test func `a deep watch reports whole keys, and the watch of a name only keys that begin with it`() {
    let deep = WatchScope(bucket: "box", prefix: "d/", isDeep: true)
    #expect(deep.name(of: ObjectReference(bucket: "box", key: "d/a/b")) == "d/a/b")
    let name = WatchScope(bucket: "box", prefix: "d/x")
    #expect(name.name(of: ObjectReference(bucket: "box", key: "d/x")) == "d/x")
    #expect(name.name(of: ObjectReference(bucket: "box", key: "d/y")) == nil)
    #expect(name.directory == nil && Self.scope.directory != nil)
  }
}

// The origin of changes: the kernel itself reports the mount's changes to its watchers.
extension ChangeSnapshotTests {
  @Test func `the mount's writes have the origin mount, changes found by a listing come from elsewhere`() {
    var snapshot = ChangeSnapshot(Self.scope, ["d/a": Self.facts("1")])
    let reference = ObjectReference(bucket: "box", key: "d/b")
    guard case .change(let own) = snapshot.own(Self.facts("1"), at: reference, origin: .mount) else {
      return #expect(Bool(false))
    }
    #expect(own.origin == .mount)
    let changes = snapshot.install(["d/b": Self.facts("1"), "d/c": Self.facts("1")])
    #expect(Self.kinds(changes) == ["deleted /box/d/a", "created /box/d/c"])
    #expect(changes.allSatisfy { $0.origin == .elsewhere })
  }

  @Test func `a change by the mount that only the next listing shows has the origin mount`() {
    let listed: ChangeDetector.Listing = ["d/sub/": nil, "d/other/": nil]
    var snapshot = ChangeSnapshot(Self.scope, listed)
    let deep = ObjectReference(bucket: "box", key: "d/sub/x")
    #expect(snapshot.own(nil, at: deep, origin: .mount) == .unknown)
    snapshot.expectListing()
    #expect(snapshot.install([:]).map(\.origin) == [.elsewhere, .mount])
    snapshot.expectListing()
    _ = snapshot.install(listed)
    snapshot.expectListing()
    #expect(snapshot.install([:]).map(\.origin) == [.elsewhere, .elsewhere])
  }

  @Test func `a listing in flight may be too early to show a change by the mount`() {
    var snapshot = ChangeSnapshot(Self.scope, ["d/sub/": nil])
    snapshot.expectListing()
    snapshot.touch(below: "d/sub/", origin: .mount)
    #expect(snapshot.install(["d/sub/": nil]) == [])
    snapshot.expectListing()
    #expect(snapshot.install([:]).map(\.origin) == [.mount])
  }

  @Test(arguments: [("d/", true), ("", true), ("d/sub/", true), ("d/sub/deep/", true), ("d/other/", false)])
  func `changes below a tree that the mount changed have the origin mount`(prefix: String, isMount: Bool) {
    var snapshot = ChangeSnapshot(Self.scope, [:])
    snapshot.touch(below: ObjectKey(prefix), origin: .mount)
    snapshot.expectListing()
    #expect(snapshot.install(["d/sub/": nil]).map(\.origin) == [isMount ? .mount : .elsewhere])
  }
}

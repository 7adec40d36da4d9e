// SEMANTICS: 2.5
import Testing

@testable import Core
@testable import FuseFront

struct PendingChangesTests {
  private static let directory = ObjectPath(bucket: "box", key: "d/")

  private static func change(_ kind: ObjectChange.Kind, _ key: String) -> ObjectChange {
    ObjectChange(kind: kind, path: ObjectPath(bucket: "box", key: ObjectKey(key)))
  }

  private static func taken(_ pending: inout PendingChanges) -> [String] {
    pending.takeBatch()?.changes.map { "\($0.change.kind) \($0.change.path)" } ?? []
  }

  @Test func `changes are returned in order, those of one directory together`() {
    var pending = PendingChanges()
    pending.add(Self.change(.created, "d/a"), in: Self.directory)
    pending.add(Self.change(.deleted, "d/b"), in: Self.directory)
    pending.add(Self.change(.created, "e/c"), in: ObjectPath(bucket: "box", key: "e/"))
    #expect(Self.taken(&pending) == ["created /box/d/a", "deleted /box/d/b"])
    #expect(Self.taken(&pending) == ["created /box/e/c"])
    #expect(pending.isEmpty && Self.taken(&pending) == [])
  }

  struct Merge: Sendable {
    var first: ObjectChange.Kind
    var second: ObjectChange.Kind
    var isDirectory = false
    var told: ObjectChange.Kind?
  }

  @Test(arguments: [
    Merge(first: .created, second: .changed, told: .created),
    Merge(first: .created, second: .deleted, told: nil),
    Merge(first: .changed, second: .changed, told: .changed),
    Merge(first: .changed, second: .deleted, told: .deleted),
    Merge(first: .deleted, second: .created, told: .changed),
    Merge(first: .deleted, second: .created, isDirectory: true, told: nil),
  ])
  func `two changes of one name are coalesced`(merge: Merge) {
    let key = merge.isDirectory ? "d/x/" : "d/x"
    let expected = merge.told.map { ["\($0) /box/\(key)"] } ?? []
    var pending = PendingChanges()
    pending.add(Self.change(merge.first, key), in: Self.directory)
    pending.add(Self.change(merge.second, key), in: Self.directory)
    #expect(Self.taken(&pending) == expected)
    // The same if the first was taken and could not be delivered.
    pending.add(Self.change(merge.second, key), in: Self.directory)
    pending.putBack(Self.change(merge.first, key), in: Self.directory, attempts: 1)
    #expect(Self.taken(&pending) == expected)
  }

  @Test func `a name that was created, deleted and created again is reported once`() {
    var pending = PendingChanges()
    for kind in [ObjectChange.Kind.created, .deleted, .created] {
      pending.add(Self.change(kind, "d/a"), in: Self.directory)
    }
    #expect(Self.taken(&pending) == ["created /box/d/a"])
    #expect(pending.isEmpty)
  }

  @Test func `a burst is returned in batches, and dropped changes are counted`() {
    var pending = PendingChanges(capacity: 10_000)
    for number in 0..<10_005 { pending.add(Self.change(.created, "d/\(number)"), in: Self.directory) }
    let lost = pending.takeLost()
    #expect(lost == 5)
    var told = 0
    while let (_, changes) = pending.takeBatch() {
      #expect(changes.count <= PendingChanges.batch)
      #expect(changes.first?.change.path.key == ObjectKey("d/\(told)"))
      told += changes.count
    }
    #expect(told == 10_000)
  }
}

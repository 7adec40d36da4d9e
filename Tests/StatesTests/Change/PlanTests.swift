import S3
import Testing

@testable import States

@Suite("The versions that a plan purges")
struct PlanTests {
  private func version(
    _ key: ObjectKey, _ id: String, isLatest: Bool = false, isDeleteMarker: Bool = false
  ) -> ObjectVersion {
    ObjectVersion(
      key: key, versionID: id, isLatest: isLatest, isDeleteMarker: isDeleteMarker, lastModified: Timestamp(seconds: 0),
      etag: nil, size: 0)
  }

  /// a is put, b deleted, c left; d has only a delete marker.
  private func purged(_ versions: [ObjectVersion], isVersioned: Bool, keep: [String] = []) -> [String] {
    var differences = Differences()
    let item = Item(key: "a", size: 1, content: .file("a"))
    differences.list = [
      Difference(.missing, bucket: "orders", key: "a", expected: item),
      Difference(.unexpected, bucket: "orders", key: "b"),
    ]
    let kept = KeptKeys(keep)
    var plan = Plan(differences, deletesExtra: true, keep: kept)
    plan.purge(versions, of: "orders", isVersioned: isVersioned, keep: kept)
    #expect(plan.purgeCount == plan.lines.count { $0.hasPrefix("purge ") })
    return plan.purges["orders", default: []].map { "\($0.key) \($0.versionID)" }
  }

  private var versions: [ObjectVersion] {
    [
      version("a", "2", isLatest: true), version("a", "1"), version("b", "1", isLatest: true),
      version("c", "2", isLatest: true), version("c", "1"), version("d", "2", isLatest: true, isDeleteMarker: true),
      version("d", "1"),
    ]
  }

  @Test("All old versions, all delete markers, and versions that the plan replaces")
  func all() {
    #expect(purged(versions, isVersioned: true) == ["a 2", "a 1", "b 1", "c 1", "d 2", "d 1"])
  }

  @Test("A kept object keeps all its versions")
  func kept() {
    #expect(purged(versions, isVersioned: true, keep: ["orders/[bd]", "c"]) == ["a 2", "a 1"])
  }

  @Test("Without versioning only versions from earlier versioning are purged")
  func unversioned() {
    let versions = [version("a", "null", isLatest: true), version("b", "1", isLatest: true)]
    #expect(purged(versions, isVersioned: false) == ["b 1"])
    #expect(purged(versions, isVersioned: true) == ["a null", "b 1"])
  }
}

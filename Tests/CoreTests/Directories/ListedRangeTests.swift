// SEMANTICS: 2.1.3
import S3
import Testing

@testable import Core

@Suite("A page of a large directory, requested from a name on")
struct ListedRangeTests {
  private let location = DirectoryLocation(bucket: "bucket", prefix: "d/")

  private func page(_ objects: [String], _ directories: [String] = [], isLast: Bool = false) -> ListPage {
    var page = ListPage()
    page.objects = objects.map {
      ObjectSummary(
        key: ObjectKey("d/" + $0), size: 1, etag: ETag("e"), lastModified: Timestamp(seconds: 1, nanoseconds: 0))
    }
    page.commonPrefixes = directories.map { ObjectKey("d/\($0)/") }
    page.nextToken = isLast ? nil : "more"
    return page
  }

  private func listed(_ page: ListPage, after: ByteName = "") -> ListedRange? {
    ListedRange(page, of: location, after: after)
  }

  @Test func `It covers the names between the first and the last`() throws {
    let range = try #require(listed(page(["b", "c", "f"], ["e"]), after: "a~"))
    #expect(range.child("c")?.object != nil && range.child("e")?.isDirectory == true)
    #expect(range.child("d") == Child())
    // Those before, the last one, which may be a directory too, and those behind it are not shown.
    for name: ByteName in ["a", "a~", "f", "f-", "g"] { #expect(range.child(name) == nil, "\(name)") }
  }

  @Test func `The last page covers all names from the first on`() throws {
    let range = try #require(listed(page(["b"], isLast: true), after: "a~"))
    #expect(range.child("z") == Child() && range.child("b")?.object != nil && range.child("a") == nil)
    let empty = try #require(listed(page([], isLast: true), after: "x"))
    #expect(empty.isEmpty && empty.child("y") == Child())
  }

  /// "a-" is before "a/" by its bytes, and behind the directory "a" on SeaweedFS.
  @Test func `It covers what both orders show`() throws {
    let byBytes = try #require(listed(page(["a-"], ["a"])))
    #expect(byBytes.child("a-") == nil && byBytes.child("a") == nil && byBytes.child("Z") == Child())
    let apart = try #require(listed(page(["a", "m"], ["c"])))
    #expect(apart.child("c")?.isDirectory == true && apart.child("l") == Child())
    let directoryLast = try #require(listed(page(["a", "b"], ["c", "m"])))
    #expect(directoryLast.child("b")?.object != nil && directoryLast.child("m") == nil)
    // "l" as a directory would be behind the file "l-".
    #expect(try #require(listed(page(["a", "l-"]))).child("l") == nil)
  }

  @Test func `Nothing is learnt from a page whose keys do not ascend`() {
    #expect(
      listed(page(["b", "a"])) == nil && listed(page([], ["b", "a"])) == nil && listed(page(["a", "a"])) == nil)
  }

  @Test(arguments: [
    ("f12", "f11~"), ("f10", "f1.~"), ("b", "a~"), ("a!", "a"), ("é", ""), ("x日", "x"), ("0", ".~"),
  ])
  func `It begins shortly before a name`(name: String, point: String) {
    #expect(ListedRange.point(before: ByteName(name)) == ByteName(point))
    #expect(ByteName(point) < ByteName(name) && !point.contains("/"))
  }

  @Test func `Names in order are counted`() {
    var order = NameOrder()
    #expect(["a", "b", "d", "c", "d"].map { order.note(ByteName($0)) } == [1, 2, 3, 1, 2])
    order.reset()
    #expect(order.note("e") == 1)
  }
}

import S3
import Synchronization
import TestSupport
import Testing

@testable import States

@Suite("Comparing pages before the listing is complete", .timeLimit(.minutes(5)))
struct EarlyComparisonTests {
  /// Four objects on two pages, equal to the directory; both are known, and the server's ETags are trusted.
  private func world() async throws -> StateWorld {
    var behaviour = StateWorld.s3
    behaviour.pageSize = 2
    let world = StateWorld(behaviour: behaviour)
    for name in ["a", "b", "c", "d"] { try world.write("fx/orders/\(name)", "body of \(name)\n") }
    for _ in 0..<2 {
      try await world.layOut("fx")
      world.pass()
    }
    #expect(try await world.letters("fx").isEmpty)
    world.store.reset()
    return world
  }

  /// Returns the pages of a listing.
  private func pages(_ session: Session) async throws -> [ListedPage] {
    let pages = Mutex([ListedPage]())
    _ = try await EndpointReader(session).bucket("orders") { page in pages.withLock { $0.append(page) } }
    return pages.withLock { $0 }
  }

  private func early(_ world: StateWorld, _ session: Session) throws -> EarlyComparison {
    let state = try world.state("fx", session)
    return EarlyComparison(
      Comparison(
        expected: state, actual: State(buckets: [:], source: EndpointSource(session, [:])), session: session))
  }

  @Test("A page is compared before the next one has been answered")
  func comparedMeanwhile() async throws {
    let world = try await world()
    // Nothing is known of the files, so that a comparison reads them; and one on the first page has disappeared since
    // the directory was read.
    FileAccess.remove(try world.cache.hashes.path)
    let faulty = FaultyStore(world.store)
    let session = Session(store: faulty, endpoint: "memory", cache: try world.cache)
    let state = UnreadState(try world.state("fx", session))
    FileAccess.remove("\(world.directory)/fx/orders/b")
    // Never released: only a comparison of the first page ends this.
    _ = faulty.hold(.listObjects, call: 2)
    let failure = await #expect(throws: StateFailure.self) {
      _ = try await Comparison.reading(state, session: session)
    }
    #expect(failure?.message.contains("fx/orders/b") == true)
  }

  @Test("Equal objects are found page by page, and nothing is requested for them")
  func equal() async throws {
    let world = try await world()
    world.base.put("orders", "c", "BODY of c\n")
    world.base.put("orders", "bb", "unexpected")
    let session = try world.session()
    var early = try early(world, session)
    var found: [[Bool]] = []
    for page in try await pages(session) {
      try early.compare(page)
      found.append(early.equal["orders"])
    }
    // a b, bb c, d
    #expect(found == [[true, true], [true, true, false, false], [true, true, false, false, true]])
    #expect(early.equal.count == 3 && early.equal["other"].isEmpty)
    #expect(world.store.counts == [.listObjects: 3])
    #expect(try await world.letters("fx") == ["+ orders/bb", "M orders/c"])
  }

  @Test("A whole run gives the same differences, and counts what was found early")
  func differences() async throws {
    let world = try await world()
    world.base.put("orders", "c", "BODY of c\n")
    world.base.remove("orders", "d")
    let session = try world.session()
    let comparison = try await Comparison.reading(UnreadState(try world.state("fx", session)), session: session)
    let found = try await comparison.run()
    #expect(found.list.map { "\($0.change.rawValue) \($0.key)" } == ["M c", "- d"])
    #expect(found.equal == 2)
  }

  @Test("In a listing that is not in order, nothing is found early")
  func disordered() async throws {
    let world = try await world()
    let session = try world.session()
    var early = try early(world, session)
    let pages = try await pages(session)
    try early.compare(pages[0])
    #expect(early.equal.count == 2)
    try early.compare(ListedPage(bucket: "orders", items: pages[1].items, isInOrder: false))
    #expect(early.equal.count == 0 && early.equal["orders"].isEmpty)
  }

  @Test("A bucket's pages are in order only as long as each key is after the one before")
  func order() async throws {
    let world = try await world()
    let disordered = RelistingStore(world.store) { page in page.objects.reverse() }
    let session = Session(store: disordered, endpoint: "memory", cache: try world.cache)
    #expect(try await pages(session).map(\.isInOrder) == [false, false])
    let comparison = try await Comparison.reading(UnreadState(try world.state("fx", session)), session: session)
    #expect(try await comparison.run().equal == 4)
    #expect(comparison.actual.buckets["orders"]?.items.map(\.key) == ["a", "b", "c", "d"])
  }

  @Test("Nothing is found early while the ETags are not trusted, or with rules about many objects")
  func impossible() async throws {
    let world = try await world()
    try world.write("fx/@s3expect", #"{"rules": [{"match": "orders/x*", "count": 0}]}"#)
    let session = try world.session()
    var early = try early(world, session)
    for page in try await pages(session) { try early.compare(page) }
    #expect(early.equal.count == 0)
    try world.write("fx/@s3expect", #"{"rules": []}"#)
    FileAccess.remove(try world.cache.trust("memory").path)
    let other = try world.session()
    early = try self.early(world, other)
    for page in try await pages(other) { try early.compare(page) }
    #expect(early.equal.count == 0)
  }

  @Test("What was found early is compared by its bytes if a later page shows that the listed ETags are wrong")
  func distrust() async throws {
    let world = try await world()
    try world.write("fx/orders/d", "other bytes of d\n")
    try await world.layOut("fx")
    world.store.reset()
    let wrong = ETag("00000000000000000000000000000000")
    let relisting = RelistingStore(world.store) { page in
      page.objects = page.objects.map {
        $0.key == "d" ? ObjectSummary(key: "d", size: $0.size, etag: wrong, lastModified: $0.lastModified) : $0
      }
    }
    let session = Session(store: relisting, endpoint: "memory", cache: try world.cache)
    let comparison = try await Comparison.reading(UnreadState(try world.state("fx", session)), session: session)
    #expect(try await comparison.run().isEmpty)
    let fetched = Set(world.store.calls.filter { $0.operation == .getObject }.map(\.key))
    #expect(fetched == ["a", "b", "c", "d"])
  }

  @Test("Of a bucket that disappears between two pages, everything is missing")
  func disappeared() async throws {
    let world = try await world()
    let faulty = FaultyStore(world.store)
    faulty.fail(.listObjects, call: 2, with: .noSuchBucket)
    let session = Session(store: faulty, endpoint: "memory", cache: try world.cache)
    let comparison = try await Comparison.reading(UnreadState(try world.state("fx", session)), session: session)
    let found = try await comparison.run()
    #expect(found.equal == 0)
    #expect(found.list.map { "\($0.change.rawValue) \($0.key)" } == ["- ", "- a", "- b", "- c", "- d"])
  }

  @Test("Only what is in scope is listed and compared")
  func scope() async throws {
    let world = try await world()
    let session = try world.session()
    let scope = Scope(["orders/{a,d}"])
    let comparison = try await Comparison.reading(
      UnreadState(try world.state("fx", session)).only(scope), scope: scope, session: session)
    #expect(comparison.actual.buckets["orders"]?.items.map(\.key) == ["a", "d"])
    #expect(try await comparison.run().equal == 2)
  }
}

/// A store that changes the pages of listings.
private final class RelistingStore: InterceptingStore {
  let base: any ObjectStore
  private let change: @Sendable (inout ListPage) -> Void

  init(_ base: any ObjectStore, _ change: @escaping @Sendable (inout ListPage) -> Void) {
    self.base = base
    self.change = change
  }

  func around<Value: Sendable>(
    _ call: StoreCall, _ perform: () async throws(S3Error) -> Value
  ) async throws(S3Error) -> Value {
    try await perform()
  }

  func listObjects(_ request: ListRequest) async throws(S3Error) -> ListPage {
    var page = try await base.listObjects(request)
    change(&page)
    return page
  }
}

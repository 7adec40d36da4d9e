import S3
import Testing

@testable import Core

/// What a listing that nobody asked for, found on a walk, may say: nothing where anything was learnt since.
struct DirectoryCacheTests {
  private let start = ContinuousClock.now
  private let directory = DirectoryLocation(bucket: "bucket", prefix: "dir/")
  private let reference = ObjectReference(bucket: "bucket", key: "dir/file")

  private func cache() -> DirectoryCache {
    DirectoryCache(
      lifetime: .seconds(10), capacity: 1 << 20, names: ByteBudget(limit: 1 << 20), wall: { Timestamp(seconds: 0) })
  }

  /// With a ttl of ten seconds.
  private func within(_ now: ContinuousClock.Instant) -> Horizon { Horizon(arrived: now - .seconds(10)) }

  private func facts(_ size: Int64) -> ObjectFacts {
    ObjectFacts(size: size, version: Version(etag: ETag("etag\(size)"), modified: Timestamp(seconds: size)))
  }

  private func listing(_ size: Int64) -> DirectoryListing {
    var listing = DirectoryListing()
    listing.set("file", to: Child(object: facts(size)))
    return listing
  }

  private func size(_ cache: inout DirectoryCache, _ now: ContinuousClock.Instant) -> Int64? {
    cache.child("file", of: directory, within: within(now), now: now)?.child.object?.size
  }

  @Test func `it is news where nothing is known`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 1)
  }

  @Test func `it replaces a listing that was known before it was requested`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    _ = cache.install(listing(1), of: directory, ticket: ticket, now: start)
    cache.installUnasked(
      listing(2), of: directory, ticket: cache.ticket(now: start + .seconds(1)), now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
  }

  @Test func `it does not replace a listing that was learnt after it was requested`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    _ = cache.install(listing(2), of: directory, ticket: ticket, now: start + .seconds(1))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
    // Nor does it make it good for longer.
    #expect(size(&cache, start + .seconds(11)) == nil)
  }

  @Test func `it does not replace a name that was asked for after it was requested`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    let child = Child(object: facts(2))
    cache.learn("file", child, in: directory, ticket: ticket, now: start + .seconds(1))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
  }

  @Test func `it does not replace headers that were asked for after it was requested`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    cache.learn(facts(2), at: reference, ticket: ticket, within: within(start), now: start + .seconds(1))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(cache.object(at: reference, within: within(start))?.facts?.size == 2)
  }

  @Test func `it does not undo a change made here after it was requested`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    cache.note(facts(2), at: reference, within: within(start + .seconds(1)))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
  }

  // MARK: Answers that overtake each other

  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func `a listing that a later one overtook is not installed, nor does it undo what was done here between them`()
  {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.note(facts(3), at: reference, within: within(at(1)))
    let late = cache.ticket(now: at(1))
    #expect(cache.install(listing(3), of: directory, ticket: late, now: at(2)).children["file"]?.object?.size == 3)
    #expect(cache.install(listing(1), of: directory, ticket: early, now: at(3)).children["file"]?.object?.size == 3)
    #expect(size(&cache, at(3)) == 3)
  }

  @Test func `headers that a later listing overtook are not learnt`() {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.note(facts(3), at: reference, within: within(at(1)))
    _ = cache.install(listing(3), of: directory, ticket: cache.ticket(now: at(1)), now: at(2))
    cache.learn(facts(1), at: reference, ticket: early, within: within(at(3)), now: at(3))
    cache.learn("file", Child(object: facts(1)), in: directory, ticket: early, now: at(3))
    #expect(size(&cache, at(3)) == 3)
  }

  @Test func `a listing does not hide a name that was asked for later`() {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.learn("file", Child(object: facts(3)), in: directory, ticket: cache.ticket(now: at(1)), now: at(2))
    _ = cache.install(listing(1), of: directory, ticket: early, now: at(3))
    #expect(size(&cache, at(3)) == 3)
  }

  @Test func `what was asked for before a directory was dropped is not learnt`() {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.note(facts(3), at: reference, within: within(at(1)))
    cache.forget(below: directory)
    _ = cache.install(listing(1), of: directory, ticket: early, now: at(2))
    #expect(size(&cache, at(2)) == nil)
    _ = cache.install(listing(3), of: directory, ticket: cache.ticket(now: at(3)), now: at(4))
    #expect(size(&cache, at(4)) == 3)
  }

  // MARK: Memory

  private func large(_ count: Int) -> DirectoryListing {
    var listing = DirectoryListing()
    for number in 0..<count { listing.set(ByteName("a name of some length \(number)"), to: Child(object: facts(1))) }
    return listing
  }

  @Test func `directories are remembered up to their bytes, the least recently used go first`() {
    let names = ByteBudget(limit: 1 << 30)
    let one = large(1000).bytes
    var cache = DirectoryCache(
      lifetime: .seconds(10), capacity: one * 7 / 2, names: names, wall: { Timestamp(seconds: 0) })
    for number in 0..<20 {
      let location = DirectoryLocation(bucket: "bucket", prefix: ObjectKey("\(number)/"))
      _ = cache.install(large(1000), of: location, ticket: cache.ticket(now: start), now: start)
      #expect(cache.cost <= one * 7 / 2)
      #expect(names.used == Int64(cache.cost))
    }
    #expect(cache.count == 3000)
    let kept = (0..<20).filter { number in
      cache.listing(of: DirectoryLocation(bucket: "bucket", prefix: ObjectKey("\(number)/")), within: within(start))
        != nil
    }
    #expect(kept == [17, 18, 19])
    while cache.release() {}
    #expect(cache.count == 0 && cache.cost == 0 && names.used == 0)
  }

  @Test func `a directory larger than all that is not remembered, and its names are asked for one by one`() {
    var cache = cache()
    _ = cache.install(large(10_000), of: directory, ticket: cache.ticket(now: start), now: start)
    #expect(cache.listing(of: directory, within: within(start)) == nil)
    #expect(cache.cost < 10_000)
    for number in 0..<200 {
      #expect(cache.strategy(for: directory, within: within(start)) == .point)
      cache.learn(ByteName("\(number)"), Child(), in: directory, ticket: cache.ticket(now: start), now: start)
    }
  }

  @Test func `making room forgets no change that a listing under way could undo`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    _ = cache.install(large(100), of: directory, ticket: ticket, now: start)
    cache.note(facts(2), at: reference, within: within(start))
    while cache.release() {}
    #expect(cache.count == 0)
    let listing = cache.install(listing(1), of: directory, ticket: ticket, now: start)
    #expect(listing.children["file"]?.object?.size == 2)
  }

  @Test func `single names do not grow without end`() {
    let names = ByteBudget(limit: 1 << 30)
    var cache = DirectoryCache(lifetime: .seconds(10), capacity: 1 << 20, names: names, wall: { Timestamp(seconds: 0) })
    for number in 0..<20_000 {
      cache.learn(ByteName("\(number)"), Child(), in: directory, ticket: cache.ticket(now: start), now: start)
      #expect(cache.cost <= 1 << 20 && names.used <= 1 << 20)
    }
  }
}

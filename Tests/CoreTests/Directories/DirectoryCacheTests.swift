import S3
import Testing

@testable import Core

/// A listing that a tree scan found unrequested installs nothing where anything newer is known.
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

  @Test func `an unrequested listing is installed where nothing is known`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 1)
  }

  @Test func `an unrequested listing replaces a listing that was older than its request`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    _ = cache.install(listing(1), of: directory, ticket: ticket, now: start)
    cache.installUnasked(
      listing(2), of: directory, ticket: cache.ticket(now: start + .seconds(1)), now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
  }

  @Test func `a stale unrequested listing does not replace a newer listing`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    _ = cache.install(listing(2), of: directory, ticket: ticket, now: start + .seconds(1))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
    // Nor does it extend the validity of the newer one.
    #expect(size(&cache, start + .seconds(11)) == nil)
  }

  @Test func `a stale unrequested listing does not replace a name that was looked up since`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    let child = Child(object: facts(2))
    cache.learn("file", child, in: directory, ticket: ticket, now: start + .seconds(1))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
  }

  @Test func `a stale unrequested listing does not replace headers that were fetched since`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    cache.learn(facts(2), at: reference, ticket: ticket, within: within(start), now: start + .seconds(1))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(cache.object(at: reference, within: within(start))?.facts?.size == 2)
  }

  @Test func `a stale unrequested listing does not overwrite a newer local change`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    cache.note(facts(2), at: reference, within: within(start + .seconds(1)))
    cache.installUnasked(listing(1), of: directory, ticket: ticket, now: start + .seconds(2))
    #expect(size(&cache, start + .seconds(2)) == 2)
  }

  // MARK: Answers that arrive out of order

  private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test func `a listing that arrives after a newer one neither replaces it nor undoes local changes`() {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.note(facts(3), at: reference, within: within(at(1)))
    let late = cache.ticket(now: at(1))
    #expect(cache.install(listing(3), of: directory, ticket: late, now: at(2)).children["file"]?.object?.size == 3)
    #expect(cache.install(listing(1), of: directory, ticket: early, now: at(3)).children["file"]?.object?.size == 3)
    #expect(size(&cache, at(3)) == 3)
  }

  @Test func `headers that arrive after a newer listing are discarded`() {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.note(facts(3), at: reference, within: within(at(1)))
    _ = cache.install(listing(3), of: directory, ticket: cache.ticket(now: at(1)), now: at(2))
    cache.learn(facts(1), at: reference, ticket: early, within: within(at(3)), now: at(3))
    cache.learn("file", Child(object: facts(1)), in: directory, ticket: early, now: at(3))
    #expect(size(&cache, at(3)) == 3)
  }

  @Test func `a listing does not overwrite a name that was looked up after its request`() {
    var cache = cache()
    let early = cache.ticket(now: start)
    cache.learn("file", Child(object: facts(3)), in: directory, ticket: cache.ticket(now: at(1)), now: at(2))
    _ = cache.install(listing(1), of: directory, ticket: early, now: at(3))
    #expect(size(&cache, at(3)) == 3)
  }

  @Test func `a listing requested before its directory was dropped is discarded`() {
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

  @Test func `directories are cached up to a cap of bytes, and the least recently used are evicted first`() {
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

  @Test func `a directory larger than the cache is not cached, and its names are looked up one by one`() {
    var cache = cache()
    _ = cache.install(large(10_000), of: directory, ticket: cache.ticket(now: start), now: start)
    #expect(cache.listing(of: directory, within: within(start)) == nil)
    #expect(cache.cost < 10_000)
    for number in 0..<200 {
      #expect(cache.strategy(for: directory, within: within(start)) == .point)
      cache.learn(ByteName("\(number)"), Child(), in: directory, ticket: cache.ticket(now: start), now: start)
    }
  }

  @Test func `eviction keeps changes that a listing in flight could undo`() {
    var cache = cache()
    let ticket = cache.ticket(now: start)
    _ = cache.install(large(100), of: directory, ticket: ticket, now: start)
    cache.note(facts(2), at: reference, within: within(start))
    while cache.release() {}
    #expect(cache.count == 0)
    let listing = cache.install(listing(1), of: directory, ticket: ticket, now: start)
    #expect(listing.children["file"]?.object?.size == 2)
  }

  @Test func `cached single names are capped, too`() {
    let names = ByteBudget(limit: 1 << 30)
    var cache = DirectoryCache(lifetime: .seconds(10), capacity: 1 << 20, names: names, wall: { Timestamp(seconds: 0) })
    for number in 0..<20_000 {
      cache.learn(ByteName("\(number)"), Child(), in: directory, ticket: cache.ticket(now: start), now: start)
      #expect(cache.cost <= 1 << 20 && names.used <= 1 << 20)
    }
  }
}

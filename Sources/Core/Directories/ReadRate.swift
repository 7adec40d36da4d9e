/// Counts how many objects of each directory were recently queried one by one. Pure: the caller sends the requests.
struct ReadRate {
  typealias Instant = ContinuousClock.Instant

  /// After this many queries in one directory within the ttl, one LIST of it is requested instead: it covers all
  /// others.
  static let beforeListing = 8

  private var counts = LRUCache<DirectoryLocation, (count: Int, since: Instant)>(capacity: 1000)

  /// Records a query about an object in the directory. Returns true when a LIST is the better request.
  /// - Parameter burst: when the burst of the caller began, the only one that a LIST would serve; nil: a LIST serves
  ///   all, for the ttl.
  mutating func note(in location: DirectoryLocation, now: Instant, ttl: Duration, burst: Instant? = nil) -> Bool {
    var recent = counts.get(location) ?? (0, now)
    if let burst, recent.since < burst {
      recent = (0, now)
    } else if now - recent.since >= ttl {
      // The previous period counts too: else each would begin with as many queries again.
      recent = (now - recent.since < ttl * 2 ? min(recent.count, Self.beforeListing) : 0, now)
    }
    recent.count += 1
    _ = counts.set(location, recent)
    return recent.count > Self.beforeListing
  }
}

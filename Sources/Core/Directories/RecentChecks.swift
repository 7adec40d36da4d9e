/// How many objects of each directory S3 was lately asked about one by one. Pure: the caller asks.
struct RecentChecks {
  typealias Instant = ContinuousClock.Instant

  /// So many of one directory within the ttl, and one LIST of it is asked for instead: it answers for all others.
  static let beforeListing = 8

  private var counts = LRUCache<DirectoryLocation, (count: Int, since: Instant)>(capacity: 1000)

  /// Notes a question about an object in the directory. True when a LIST is the better question.
  /// - Parameter burst: when the burst of who asks began, to which alone a LIST would answer; nil: to all, for the ttl.
  mutating func note(in location: DirectoryLocation, now: Instant, ttl: Duration, burst: Instant? = nil) -> Bool {
    var recent = counts.get(location) ?? (0, now)
    if let burst, recent.since < burst {
      recent = (0, now)
    } else if now - recent.since >= ttl {
      // Of the period before too: else each would begin with as many questions again.
      recent = (now - recent.since < ttl * 2 ? min(recent.count, Self.beforeListing) : 0, now)
    }
    recent.count += 1
    _ = counts.set(location, recent)
    return recent.count > Self.beforeListing
  }
}

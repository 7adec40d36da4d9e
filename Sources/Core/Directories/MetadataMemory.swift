import S3

/// The headers of object versions, remembered so that each costs at most one HEAD.
///
/// A listing contains no metadata headers. A version that was written by us, or read once, is recognised in every later
/// listing by key, ETag and LastModified.
struct MetadataMemory {
  private struct Remembered {
    var version: Version
    var head: ObjectHead
    /// When S3 was last queried about it, or received it.
    var checkedAt: ContinuousClock.Instant?
    /// When this process wrote it.
    var writtenAt: ContinuousClock.Instant?
    /// Whether it is known from an earlier run only.
    var isRecalled = false
  }

  private var remembered: LRUCache<ObjectReference, Remembered>
  /// Its share of the memory for names.
  private let share: BudgetShare

  /// The queries of headers of one directory's names since a time.
  private struct Questions {
    var count = 0
    var since: ContinuousClock.Instant
    var last = ByteName("")
    /// How many lookups in the order of names needed a request.
    var inOrder = 0
  }

  private var questions = LRUCache<DirectoryLocation, Questions>(capacity: questionBytes)
  /// The limit of HEADs for names of one directory within a ttl: enough to show a person's folder completely, few
  /// beside a large directory's listing.
  static let questionsPerDirectory = 32
  /// The limit for a whole bucket, so that a program that looks at every name of a tree waits for few.
  static let questionsPerBucket = 128
  /// The queries of headers of a bucket's names.
  private var bucketQuestions = LRUCache<String, Questions>(capacity: 1024)
  /// When larger directories were listed: then all of their names are shown alike, as the listing shows them.
  private var largeListings = LRUCache<DirectoryLocation, ContinuousClock.Instant>(capacity: questionBytes)

  /// Directories that had no marker when queried: most have none, and are looked up again and again.
  private var absent = LRUCache<ObjectReference, ContinuousClock.Instant>(capacity: questionBytes)
  private static let questionBytes = 2 << 20
  /// The size of an entry of an LRU cache: a node and an index, with room to grow.
  private static let bytesPerQuestion = 192
  private static let bytesPerHead = MemoryLayout<Remembered>.stride * 3 / 2 + 192

  /// Whether headers are requested without such a limit.
  let readsAll: Bool

  /// - Parameters:
  ///   - readsAll: listings wait for all headers.
  ///   - capacity: of remembered headers, in bytes of memory.
  ///   - names: the budget that these bytes are counted in.
  init(readsAll: Bool = false, capacity: Int, names: ByteBudget) {
    self.readsAll = readsAll
    remembered = LRUCache(capacity: capacity)
    share = BudgetShare(of: names)
  }

  var count: Int { remembered.count }

  /// Evicts the less recently used half. Returns false if there is nothing to evict.
  mutating func release() -> Bool {
    let evicted = remembered.evict(to: remembered.cost / 2)
    share.set(to: Int64(remembered.cost))
    return !evicted.isEmpty
  }

  private mutating func set(_ reference: ObjectReference, _ known: Remembered) {
    _ = remembered.set(reference, known, cost: Self.bytesPerHead + reference.heapBytes + known.head.heapBytes)
    share.set(to: Int64(remembered.cost))
  }

  mutating func rememberAbsent(_ reference: ObjectReference, now: ContinuousClock.Instant) {
    _ = absent.set(reference, now, cost: Self.bytesPerQuestion + reference.heapBytes)
  }

  /// Returns whether it is known within the horizon which headers a directory's marker has, or that there is none.
  mutating func isChecked(_ marker: ObjectReference, within horizon: Horizon) -> Bool {
    if horizon == Horizon() { return absent.get(marker) != nil || remembered.get(marker) != nil }
    return [absent.get(marker), remembered.get(marker)?.checkedAt].contains { at in
      at.map { horizon.reaches(Learned(at: $0)) } ?? false
    }
  }

  /// Notes that a directory was listed for a caller.
  mutating func noteListing(of location: DirectoryLocation, names: Int, now: ContinuousClock.Instant) {
    guard names > Self.questionsPerDirectory else { return }
    _ = largeListings.set(location, now, cost: Self.bytesPerQuestion + location.prefix.heapBytes)
  }

  /// Returns whether headers of the directory's names may be requested now.
  mutating func mayAsk(in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration) -> Bool {
    if readsAll { return true }
    guard asked(in: location, now: now, ttl: ttl).count < Self.questionsPerDirectory,
      asked(in: location.bucket, now: now, ttl: ttl).count < Self.questionsPerBucket
    else { return false }
    return largeListings.get(location).map { now - $0 >= ttl } ?? true
  }

  /// Records that the headers of a name, or of one that is prefetched, are requested; false if they may not be.
  mutating func ask(in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration) -> Bool {
    if readsAll { return true }
    guard mayAsk(in: location, now: now, ttl: ttl) else { return false }
    var (asked, inBucket) = (asked(in: location, now: now, ttl: ttl), asked(in: location.bucket, now: now, ttl: ttl))
    asked.count += 1
    inBucket.count += 1
    set(asked, of: location)
    _ = bucketQuestions.set(location.bucket, inBucket)
    return true
  }

  /// Returns how many names after a queried one are worth prefetching: none, until names are looked up in order; then
  /// as many as were queried before.
  mutating func namesAhead(
    of segment: ByteName, in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration
  ) -> Int {
    if readsAll { return 0 }
    var asked = asked(in: location, now: now, ttl: ttl)
    asked.inOrder = asked.last < segment ? asked.inOrder + 1 : 1
    asked.last = segment
    set(asked, of: location)
    return asked.inOrder < 2 ? 0 : max(0, min(asked.count, Self.questionsPerDirectory - asked.count - 1))
  }

  private mutating func asked(
    in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration
  ) -> Questions {
    guard let asked = questions.get(location), now - asked.since < ttl else { return Questions(since: now) }
    return asked
  }

  private mutating func asked(in bucket: String, now: ContinuousClock.Instant, ttl: Duration) -> Questions {
    guard let asked = bucketQuestions.get(bucket), now - asked.since < ttl else { return Questions(since: now) }
    return asked
  }

  private mutating func set(_ asked: Questions, of location: DirectoryLocation) {
    let cost = Self.bytesPerQuestion + location.prefix.heapBytes + asked.last.heapBytes
    _ = questions.set(location, asked, cost: cost)
  }

  /// Returns the head of the version in a listing, if it is known.
  mutating func head(of reference: ObjectReference, matching facts: ObjectFacts) -> ObjectHead? {
    guard var known = remembered.get(reference), known.version.isSame(as: facts.version) else { return nil }
    if known.version.isLessPrecise(than: facts.version) {
      known.version = facts.version
      known.head.lastModified = facts.lastModified
      set(reference, known)
    }
    return known.head
  }

  /// Returns the head last known of an object, of any version.
  mutating func latest(of reference: ObjectReference) -> ObjectHead? { remembered.get(reference)?.head }

  /// Returns whether this process wrote the version after `instant`, and has seen no other since.
  mutating func wasWritten(_ reference: ObjectReference, _ etag: ETag, after instant: ContinuousClock.Instant) -> Bool {
    guard let known = remembered.get(reference), known.version.etag == etag else { return false }
    return known.writtenAt.map { $0 > instant } ?? false
  }

  /// - Parameters:
  ///   - isListed: whether `head.lastModified` comes from S3 rather than being our guess.
  ///   - checkedAt: when S3 was queried about it, or received it.
  ///   - writtenAt: when this process wrote it, if it did.
  mutating func remember(
    _ head: ObjectHead, of reference: ObjectReference, isListed: Bool, checkedAt: ContinuousClock.Instant,
    writtenAt: ContinuousClock.Instant? = nil
  ) {
    // Answers can overtake each other, and what was written here is newer than what was requested before.
    if let known = remembered.peek(reference)?.checkedAt, known > checkedAt { return }
    absent.remove(reference)
    let version = head.version(isStated: isListed)
    set(reference, Remembered(version: version, head: head, checkedAt: checkedAt, writtenAt: writtenAt))
  }

  /// Restores what an earlier run knew, in the order in which it was learnt; what this run knows is newer.
  mutating func recall(_ head: ObjectHead, of reference: ObjectReference, isListed: Bool) {
    guard remembered.peek(reference)?.isRecalled ?? true else { return }
    set(reference, Remembered(version: head.version(isStated: isListed), head: head, isRecalled: true))
  }

  mutating func forget(_ reference: ObjectReference) {
    remembered.remove(reference)
    share.set(to: Int64(remembered.cost))
  }
}

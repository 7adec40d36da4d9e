import S3

/// The headers of object versions, remembered so that each costs at most one HEAD.
///
/// A listing carries no metadata headers. What was written by us, or read once, is recognised in every later listing
/// by key, ETag and LastModified.
struct MetadataMemory {
  private struct Remembered {
    var version: Version
    var head: ObjectHead
    /// When S3 was last asked for it, or told it.
    var checkedAt: ContinuousClock.Instant?
    /// When this process wrote it.
    var writtenAt: ContinuousClock.Instant?
    /// Known from an earlier run only.
    var isRecalled = false
  }

  private var remembered: LRUCache<ObjectReference, Remembered>
  /// Of the memory for names.
  private let share: BudgetShare

  /// The headers of one directory's names that were asked for since.
  private struct Questions {
    var count = 0
    var since: ContinuousClock.Instant
    var last = ByteName("")
    /// How many lookups in the order of names had to ask.
    var inOrder = 0
  }

  private var questions = LRUCache<DirectoryLocation, Questions>(capacity: questionBytes)
  /// The HEADs that names of one directory may cost within a ttl: enough for a person's folder to be shown as it is,
  /// few beside a large directory's listing.
  static let questionsPerDirectory = 32

  /// Directories that had no marker when asked: most have none, and are looked up again and again.
  private var absent = LRUCache<ObjectReference, ContinuousClock.Instant>(capacity: questionBytes)
  private static let questionBytes = 2 << 20
  /// An entry of an LRU cache: a node and an index, with room to grow.
  private static let bytesPerQuestion = 192
  private static let bytesPerHead = MemoryLayout<Remembered>.stride * 3 / 2 + 192

  /// Whether headers are asked for without such a limit.
  let readsAll: Bool

  /// - Parameters:
  ///   - readsAll: listings wait for all headers.
  ///   - capacity: of remembered headers, in bytes of memory.
  ///   - names: where these bytes are counted.
  init(readsAll: Bool = false, capacity: Int, names: ByteBudget) {
    self.readsAll = readsAll
    remembered = LRUCache(capacity: capacity)
    share = BudgetShare(of: names)
  }

  var count: Int { remembered.count }

  /// Forgets the less recently used half. False if there is none.
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

  /// Whether it is known within the horizon which headers a directory's marker has, or that there is none.
  mutating func isChecked(_ marker: ObjectReference, within horizon: Horizon) -> Bool {
    if horizon == Horizon() { return absent.get(marker) != nil || remembered.get(marker) != nil }
    return [absent.get(marker), remembered.get(marker)?.checkedAt].contains { at in
      at.map { horizon.reaches(Learned(at: $0)) } ?? false
    }
  }

  /// Whether headers of the directory's names may be asked for now.
  mutating func mayAsk(in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration) -> Bool {
    readsAll || asked(in: location, now: now, ttl: ttl).count < Self.questionsPerDirectory
  }

  /// Notes that the headers of a name, or of one ahead of it, are asked for; false if they may not be.
  mutating func ask(in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration) -> Bool {
    if readsAll { return true }
    var asked = asked(in: location, now: now, ttl: ttl)
    guard asked.count < Self.questionsPerDirectory else { return false }
    asked.count += 1
    set(asked, of: location)
    return true
  }

  /// How many names after one that is asked for are worth asking for at the same time: none, until names are looked up in
  /// order; then as many as were asked for before.
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

  private mutating func set(_ asked: Questions, of location: DirectoryLocation) {
    let cost = Self.bytesPerQuestion + location.prefix.heapBytes + asked.last.heapBytes
    _ = questions.set(location, asked, cost: cost)
  }

  /// The head of the version that a listing tells of, if it is known.
  mutating func head(of reference: ObjectReference, matching facts: ObjectFacts) -> ObjectHead? {
    guard var known = remembered.get(reference), known.version.isSame(as: facts.version) else { return nil }
    if known.version.isLessPrecise(than: facts.version) {
      known.version = facts.version
      known.head.lastModified = facts.lastModified
      set(reference, known)
    }
    return known.head
  }

  /// The head last known of an object, of whatever version.
  mutating func latest(of reference: ObjectReference) -> ObjectHead? { remembered.get(reference)?.head }

  /// Whether this process wrote the version after `instant`, and has seen no other since.
  mutating func wasWritten(_ reference: ObjectReference, _ etag: ETag, after instant: ContinuousClock.Instant) -> Bool {
    guard let known = remembered.get(reference), known.version.etag == etag else { return false }
    return known.writtenAt.map { $0 > instant } ?? false
  }

  /// - Parameters:
  ///   - isListed: whether `head.lastModified` is S3's own word rather than our guess.
  ///   - checkedAt: when S3 was asked for it, or told it.
  ///   - writtenAt: when this process wrote it, if it did.
  mutating func remember(
    _ head: ObjectHead, of reference: ObjectReference, isListed: Bool, checkedAt: ContinuousClock.Instant,
    writtenAt: ContinuousClock.Instant? = nil
  ) {
    // Answers can overtake each other, and what was written here is newer than what was asked for before.
    if let known = remembered.peek(reference)?.checkedAt, known > checkedAt { return }
    absent.remove(reference)
    let version = head.version(isStated: isListed)
    set(reference, Remembered(version: version, head: head, checkedAt: checkedAt, writtenAt: writtenAt))
  }

  /// What an earlier run knew, in the order in which it was learnt; what this run knows is newer.
  mutating func recall(_ head: ObjectHead, of reference: ObjectReference, isListed: Bool) {
    guard remembered.peek(reference)?.isRecalled ?? true else { return }
    set(reference, Remembered(version: head.version(isStated: isListed), head: head, isRecalled: true))
  }

  mutating func forget(_ reference: ObjectReference) {
    remembered.remove(reference)
    share.set(to: Int64(remembered.cost))
  }
}

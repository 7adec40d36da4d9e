import S3

/// The headers of object versions, remembered so that each costs at most one HEAD.
///
/// A listing carries no metadata headers. What was written by us, or read once, is recognised in every later listing
/// by key, ETag and LastModified.
struct MetadataMemory {
  private struct Remembered {
    var etag: ETag
    /// nil after our own PUT, whose answer carries none: the first one listed for this ETag is adopted.
    var lastModified: Timestamp?
    var head: ObjectHead
    /// Known from an earlier run only.
    var isRecalled = false
  }

  private var remembered: LRUCache<ObjectReference, Remembered>
  /// Of the memory for names.
  private let share: BudgetShare

  /// How many headers of one directory's names were asked for since.
  private var questions = LRUCache<DirectoryLocation, (count: Int, since: ContinuousClock.Instant)>(
    capacity: questionBytes)
  /// The HEADs that names of one directory may cost within a ttl: enough for a person's folder to be shown as it is,
  /// few beside a large directory's listing.
  static let questionsPerDirectory = 32

  /// Directories that had no marker when asked: most have none, and are looked up again and again.
  private var absent = LRUCache<ObjectReference, ContinuousClock.Instant>(capacity: questionBytes)
  private static let absentFor = Duration.seconds(30)
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

  mutating func isKnownAbsent(_ reference: ObjectReference, now: ContinuousClock.Instant) -> Bool {
    absent.get(reference).map { now - $0 < Self.absentFor } ?? false
  }

  /// Whether headers of the directory's names may be asked for now. `counting` notes that one is.
  mutating func mayAsk(
    in location: DirectoryLocation, now: ContinuousClock.Instant, ttl: Duration, counting: Bool
  ) -> Bool {
    if readsAll { return true }
    var asked = questions.get(location) ?? (0, now)
    if now - asked.since >= ttl { asked = (0, now) }
    guard asked.count < Self.questionsPerDirectory else { return false }
    if counting {
      let cost = Self.bytesPerQuestion + location.prefix.heapBytes
      _ = questions.set(location, (asked.count + 1, asked.since), cost: cost)
    }
    return true
  }

  /// Whether it is known which headers a name has, or that it has none.
  mutating func knows(
    _ child: Child, _ segment: ByteName, in location: DirectoryLocation, now: ContinuousClock.Instant
  ) -> Bool {
    if child.isDirectory {
      let marker = location.directory(segment).marker
      return latest(of: marker) != nil || isKnownAbsent(marker, now: now)
    }
    guard let facts = child.object else { return true }
    return head(of: location.object(segment), matching: facts) != nil
  }

  /// The head of the version that a listing tells of, if it is known.
  mutating func head(of reference: ObjectReference, matching facts: ObjectFacts) -> ObjectHead? {
    guard var known = remembered.get(reference), known.etag == facts.etag else { return nil }
    if let lastModified = known.lastModified {
      guard lastModified == facts.lastModified else { return nil }
    } else if facts.lastModified != known.head.lastModified {
      // Not our own guess of the time, which the directory cache shows until then: S3's word.
      known.lastModified = facts.lastModified
      known.head.lastModified = facts.lastModified
      set(reference, known)
    }
    return known.head
  }

  /// The head last known of an object, of whatever version.
  mutating func latest(of reference: ObjectReference) -> ObjectHead? { remembered.get(reference)?.head }

  /// - Parameter isListed: whether `head.lastModified` is S3's own word rather than our guess.
  mutating func remember(_ head: ObjectHead, of reference: ObjectReference, isListed: Bool) {
    absent.remove(reference)
    set(reference, Remembered(etag: head.etag, lastModified: isListed ? head.lastModified : nil, head: head))
  }

  /// What an earlier run knew, in the order in which it was learnt; what this run knows is newer.
  mutating func recall(_ head: ObjectHead, of reference: ObjectReference, isListed: Bool) {
    guard remembered.peek(reference)?.isRecalled ?? true else { return }
    let lastModified = isListed ? head.lastModified : nil
    set(reference, Remembered(etag: head.etag, lastModified: lastModified, head: head, isRecalled: true))
  }

  mutating func forget(_ reference: ObjectReference) {
    remembered.remove(reference)
    share.set(to: Int64(remembered.cost))
  }
}

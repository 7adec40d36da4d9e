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

  /// Directories that had no marker when queried: most have none, and are looked up again and again.
  private var absent = LRUCache<ObjectReference, ContinuousClock.Instant>(capacity: HeadLimits.capacity)
  private static let bytesPerHead = MemoryLayout<Remembered>.stride * 3 / 2 + 192

  /// The limits of HEADs for names that are looked up.
  var limits: HeadLimits

  /// - Parameters:
  ///   - readsAll: listings wait for all headers.
  ///   - capacity: of remembered headers, in bytes of memory.
  ///   - names: the budget that these bytes are counted in.
  init(readsAll: Bool = false, capacity: Int, names: ByteBudget) {
    limits = HeadLimits(readsAll: readsAll)
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
    _ = absent.set(reference, now, cost: HeadLimits.bytesPerEntry + reference.heapBytes)
  }

  /// Returns whether it is known within the horizon which headers a directory's marker has, or that there is none.
  mutating func isChecked(_ marker: ObjectReference, within horizon: Horizon) -> Bool {
    if horizon == Horizon() { return absent.get(marker) != nil || remembered.get(marker) != nil }
    return [absent.get(marker), remembered.get(marker)?.checkedAt].contains { at in
      at.map { horizon.reaches(Learned(at: $0)) } ?? false
    }
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

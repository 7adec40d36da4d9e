import S3

/// The known contents of one directory. A class, so that a change of one name does not copy the listing. Unchecked: it
/// never leaves the cache, and the cache is only used under the lock around it.
final class KnownDirectory: @unchecked Sendable {
  var listing: DirectoryListing?
  /// When the listing was requested. It stays when the listing is dropped: an answer requested before is not learnt.
  var listed: DirectoryCache.Ticket?
  /// Names that were queried one by one.
  var points: [ByteName: (child: Child, at: Learned)] = [:]
  /// Names that were listed from one on, where the whole listing is many pages; the latest.
  var ranges: [(range: ListedRange, at: Learned, sequence: UInt64)] = []
  /// How many lookups the last of them has answered.
  var usesOfRange = 0
  /// How names were queried one by one.
  var order = NameOrder()
  /// Objects queried by key, of which it is not known whether a directory has the same name.
  var objects: [ByteName: (facts: ObjectFacts?, at: Learned)] = [:]
  /// Names below which there are keys, of which it is not known whether an object has them too.
  var directories: [ByteName: Learned] = [:]
  /// Changes by this process that a listing in flight may not show.
  var ownChanges: [ByteName: OwnChange] = [:]
  var ownMarker: (facts: ObjectFacts?, sequence: UInt64)?
  /// Whether it did not fit into the pages of a probe: names are queried one by one.
  var isLarge = false
  /// Whether its listing is more than may be remembered: names are always queried one by one.
  var isBeyondMemory = false
  /// When names were queried one by one since it was listed; the latest queries.
  var questions: [Learned] = []
  /// The number of single names above which stale ones are dropped.
  var mostPoints = 4096
  /// Its share of the memory for names: everything but the listing, which has its own.
  var share: BudgetShare?

  /// The limit of queries that are compared with the pages of a listing.
  private static let mostQuestions = 4096

  /// The limit of ranges: a few programs may walk through the directory at the same time.
  static let mostRanges = 4

  /// Records a page that was requested from a name on.
  func add(_ range: ListedRange, _ ticket: DirectoryCache.Ticket, now: DirectoryCache.Instant) {
    if ranges.count == Self.mostRanges { ranges.removeFirst() }
    ranges.append((range, ticket.learned(at: now), ticket.sequence))
    usesOfRange = 0
  }

  /// Returns what the latest page that shows a name says of it, with own changes since.
  func listedAlone(_ segment: ByteName) -> (child: Child, at: Learned)? {
    for (range, at, sequence) in ranges.reversed() {
      guard var child = range.child(segment) else { continue }
      ownChanges[segment]?.apply(to: &child, after: sequence)
      return (child, at)
    }
    return nil
  }

  /// Records a query about one name.
  func wasAsked(_ at: Learned) {
    if questions.count >= Self.mostQuestions * 2 { questions.removeFirst(Self.mostQuestions) }
    questions.append(at)
  }

  /// Returns whether as many names were queried one by one within a horizon.
  func hasQuestions(_ count: Int, within horizon: Horizon) -> Bool {
    questions.count >= count && questions.suffix(count).allSatisfy(horizon.reaches)
  }

  /// The number of names in their order that are worth a page.
  private static let namesInOrder = 4

  /// Records that a name is queried. Returns whether an observer goes through the names in their order, so that those
  /// that follow are worth a page: it has just queried several, or used the page before.
  func isWalked(to segment: ByteName, within horizon: Horizon) -> Bool {
    guard order.note(segment) >= Self.namesInOrder else { return false }
    return usesOfRange >= Self.namesInOrder || hasQuestions(Self.namesInOrder - 1, within: horizon)
  }

  /// The memory that it takes without its listing.
  var bytesOfNames: Int {
    Self.bytesPerState + points.count * Self.bytesPerPoint + objects.count * Self.bytesPerObject
      + ownChanges.count * Self.bytesPerChange + directories.count * Self.bytesPerDirectory
      + ranges.reduce(0) { $0 + $1.range.bytes }
  }

  /// Names and ETags on the heap, at their usual size.
  private static let texts = 128
  private static let bytesPerState = 512
  private static let bytesPerPoint = hashTableBytes(of: ByteName.self, (Child, Learned).self) + texts
  private static let bytesPerObject = hashTableBytes(of: ByteName.self, (ObjectFacts?, Learned).self) + texts
  private static let bytesPerDirectory = hashTableBytes(of: ByteName.self, Learned.self) + texts
  private static let bytesPerChange = hashTableBytes(of: ByteName.self, OwnChange.self) + texts

  /// Forgets names that were queried without the others.
  func forgetNames() { (points, objects, directories, ranges) = ([:], [:], [:], []) }

  func forgetNames(where isOutdated: (Learned) -> Bool) {
    points = points.filter { !isOutdated($0.value.at) }
    ranges.removeAll { isOutdated($0.at) }
    directories = directories.filter { !isOutdated($0.value) }
    objects = objects.filter { !isOutdated($0.value.at) }
  }

  func drop(outdatedBy isOutdated: (Learned) -> Bool) {
    guard points.count + objects.count + directories.count > mostPoints else { return }
    forgetNames(where: isOutdated)
    mostPoints = max(4096, (points.count + objects.count + directories.count) * 2)
  }

  /// Changes by this process to the two halves of a name, each with the sequence number of the change.
  struct OwnChange {
    var object: (facts: ObjectFacts?, sequence: UInt64)?
    var directory: (exists: Bool, sequence: UInt64)?

    /// Applies the changes after `sequence`. Returns false if there are none.
    @discardableResult
    func apply(to child: inout Child, after sequence: UInt64) -> Bool {
      let newObject = object.flatMap { $0.sequence > sequence ? $0 : nil }
      let newDirectory = directory.flatMap { $0.sequence > sequence ? $0 : nil }
      if let newObject { child.object = newObject.facts }
      if let newDirectory { child.isDirectory = newDirectory.exists }
      return newObject != nil || newDirectory != nil
    }
  }
}

import S3

/// The known contents of one directory. A class, so that a change of one name does not copy the listing. Unchecked: it
/// never leaves the cache, and the cache is only used under the lock around it.
final class KnownDirectory: @unchecked Sendable {
  var listing: DirectoryListing?
  /// When the listing was requested. It stays when the listing is dropped: an answer requested before is not learnt.
  var listed: DirectoryCache.Ticket?
  /// Names that were queried one by one.
  var points: [ByteName: (child: Child, at: Learned)] = [:]
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

  /// Records a query about one name.
  func wasAsked(_ at: Learned) {
    if questions.count >= Self.mostQuestions * 2 { questions.removeFirst(Self.mostQuestions) }
    questions.append(at)
  }

  /// The memory that it takes without its listing.
  var bytesOfNames: Int {
    Self.bytesPerState + points.count * Self.bytesPerPoint + objects.count * Self.bytesPerObject
      + ownChanges.count * Self.bytesPerChange + directories.count * Self.bytesPerDirectory
  }

  /// Names and ETags on the heap, at their usual size.
  private static let texts = 128
  private static let bytesPerState = 512
  private static let bytesPerPoint = hashTableBytes(of: ByteName.self, (Child, Learned).self) + texts
  private static let bytesPerObject = hashTableBytes(of: ByteName.self, (ObjectFacts?, Learned).self) + texts
  private static let bytesPerDirectory = hashTableBytes(of: ByteName.self, Learned.self) + texts
  private static let bytesPerChange = hashTableBytes(of: ByteName.self, OwnChange.self) + texts

  /// Forgets names that were queried one by one.
  func forgetNames() { (points, objects, directories) = ([:], [:], [:]) }

  func forgetNames(where isOutdated: (Learned) -> Bool) {
    points = points.filter { !isOutdated($0.value.at) }
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

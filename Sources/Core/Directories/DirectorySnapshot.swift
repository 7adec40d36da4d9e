import Keys
import S3
import Synchronization

/// A name of a directory listing and what it names. Large directories have many: it holds no more than it must.
struct ListedName: Sendable {
  enum Kind: Sendable {
    case bucket, directory, object
    /// The body of the directory's own marker.
    case marker
    /// A directory of names that are too long.
    case continuation
  }

  var name: String
  var kind: Kind
  /// The segment as in the listing; usually shares its text with the name.
  var segment: ByteName
  /// nil for directories, and for files that exist only here.
  var facts: ObjectFacts?
}

/// The names that a directory had at one time, in the order of readdir. Handles that are opened while its listing is
/// still current share it, so that a large directory is sorted once.
final class DirectorySnapshot: Sendable {
  /// nil for the root.
  let location: DirectoryLocation?
  /// Ordered by name.
  let entries: [ListedName]
  let learnedAt: Learned
  /// The source of the snapshot: the number of a listing, and `DirectoryCache.revision` before.
  let origin: Origin

  struct Origin: Hashable, Sendable {
    var listing: UInt64 = 0
    var revision: UInt64 = 0
  }

  /// The number of first entries that were given to the kernel with their attributes, valid for the rest of the ttl:
  /// until then it requests none of them, and they need not be sent again.
  private let given = Atomic<Int>(0)

  /// The walk through the directory's files.
  let walk = Mutex(SequentialOpens())

  /// Its share of the memory for names.
  private let share: BudgetShare?

  init(
    of location: DirectoryLocation?, entries: [ListedName], learnedAt: Learned,
    origin: Origin = Origin(), share: BudgetShare? = nil
  ) {
    self.location = location
    self.share = share
    self.entries = entries.sorted(byBytesOf: { ByteName($0.name) })
    self.learnedAt = learnedAt
    self.origin = origin
  }

  /// Returns the position of the object of a segment. O(log n).
  func position(of segment: ByteName) -> Int? {
    guard let name = KeyMapping.names(forSegment: segment.string).first.map({ ByteName($0) }) else { return nil }
    let position = entries.partitionPoint { ByteName($0.name) >= name }
    return position < entries.endIndex && entries[position].segment == segment ? position : nil
  }

  var givenCount: Int { given.load(ordering: .relaxed) }

  func give(_ position: Int) {
    _ = given.compareExchange(expected: position, desired: position + 1, ordering: .relaxed)
  }
}

/// An entry of a directory listing, "." and ".." excluded.
public struct DirectoryEntry: Sendable {
  public var name: String
  /// The attributes as far as the listing and earlier answers contain them; costs no request.
  public var attributes: Attributes
  public var validFor: Duration
  /// Whether the kernel has already received all this, and it is still valid there.
  public var isKnown: Bool
  let snapshot: DirectorySnapshot
  let position: Int
}

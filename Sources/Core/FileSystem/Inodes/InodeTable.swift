import S3

/// The inodes that the kernel holds: number ↔ place, lookup counts, and the open contents of files.
///
/// An inode lives while the kernel counts lookups of it, or while its file is open or unsaved. It follows its file
/// through renames; after unlink it has no place.
struct InodeTable {
  struct Node {
    let number: InodeNumber
    /// nil once unlinked.
    var place: Place?
    var lookups: UInt64 = 0
    /// The file's contents, while it is open or unsaved.
    var content: FileContent?
    /// The version that the kernel's page cache may hold pages of, if it is one.
    var cachedVersion: ETag?
    /// The kind that the kernel was told: it takes an inode that changes its kind for broken (EIO).
    var kind: FileKind?
    /// Which attributes the kernel was told last (`Attributes.fingerprint`); nil where that is not known.
    var told: Int?
    /// The attributes last known of an unlinked file or directory, for those that still have it open.
    var lastAttributes: Attributes?

    /// Whether the inode may be shown as that kind.
    func isShown(as kind: FileKind) -> Bool { self.kind.map { $0 == kind } ?? true }
  }

  private var nodes: [InodeNumber: Node] = [:]
  private var numbers: [Place: InodeNumber] = [:]
  /// In bytes of memory.
  private let capacity: Int
  private(set) var bytes = 0 {
    didSet { share.set(to: Int64(bytes)) }
  }
  /// Of the memory for names.
  private let share: BudgetShare
  /// Where the next look for inodes that may be forgotten begins, and how many lookups until then.
  private var looked = 0
  private var lookupsUntilLook = 0

  /// - Parameters:
  ///   - capacity: in bytes of memory; beyond it `surplus` names inodes for the kernel to forget.
  ///   - names: where the bytes are counted.
  init(capacity: Int, names: ByteBudget) {
    self.capacity = capacity
    share = BudgetShare(of: names)
    nodes[.root] = Node(number: .root, place: .root, lookups: 1)
    numbers[.root] = .root
  }

  var count: Int { nodes.count }
  /// Whether there are more than the memory for them allows. Only the kernel can change that: `surplus`.
  var isFull: Bool { bytes > capacity }

  subscript(number: InodeNumber) -> Node? { nodes[number] }
  subscript(place: Place) -> Node? { numbers[place].flatMap { nodes[$0] } }

  /// The number that a place has, or would be given.
  func number(for place: Place) -> InodeNumber {
    if let known = numbers[place] { return known }
    var number = place.preferredInode
    // A renamed file keeps its number, so another may stand where the hash points.
    while nodes[number] != nil { number = InodeNumber(rawValue: number.rawValue &+ 1 | 1 << 40) }
    return number
  }

  /// Counts one lookup, making the inode if need be. When another kind of file stands there now than the inode was
  /// shown as, the place gets another inode.
  mutating func look(up place: Place, as kind: FileKind? = nil) -> InodeNumber {
    if let kind, let node = self[place], !node.isShown(as: kind) { unlink(place) }
    let number = enter(place)
    nodes[number]?.lookups += 1
    if let kind { nodes[number]?.kind = kind }
    return number
  }

  /// The place's inode, made if need be, without counting a lookup.
  mutating func enter(_ place: Place) -> InodeNumber {
    if let known = numbers[place] { return known }
    let number = number(for: place)
    nodes[number] = Node(number: number, place: place)
    numbers[place] = number
    bytes += Self.bytes(of: place)
    return number
  }

  /// An inode that had a place gives back what that took, when it is gone.
  private static func bytes(of place: Place?) -> Int {
    let whole = hashTableBytes(of: InodeNumber.self, Node.self) + hashTableBytes(of: Place.self, InodeNumber.self)
    switch place {
    case .directory(let location): return whole + location.prefix.heapBytes
    case .object(let reference): return whole + reference.heapBytes
    case .root, nil: return whole
    }
  }

  mutating func forget(_ number: InodeNumber, lookups: UInt64) {
    guard number != .root, let node = nodes[number] else { return }
    nodes[number]?.lookups = node.lookups - min(lookups, node.lookups)
    dropIfUnused(number)
  }

  mutating func update(_ number: InodeNumber, _ change: (inout Node) -> Void) {
    guard var node = nodes[number] else { return }
    let before = node.place
    change(&node)
    nodes[number] = node
    precondition(before == node.place, "places change by move and unlink")
    dropIfUnused(number)
  }

  /// The place is no more: its inode, if any, is unlinked.
  @discardableResult
  mutating func unlink(_ place: Place, last: Attributes? = nil) -> InodeNumber? {
    guard let number = numbers.removeValue(forKey: place) else { return nil }
    nodes[number]?.place = nil
    bytes += Self.bytes(of: nil) - Self.bytes(of: place)
    nodes[number]?.lastAttributes = last
    nodes[number]?.lastAttributes?.links = 0
    nodes[number]?.lastAttributes?.inode = number
    dropIfUnused(number)
    return number
  }

  /// The object of that name is another version than the one that is open and saved, or (nil) is gone: those who have it
  /// open keep the inode, whose size and pages are those of their version, and the name gets another inode. As on a
  /// local disk when a file is replaced by rename(2). Returns whether that was so.
  @discardableResult
  mutating func separate(_ reference: ObjectReference, from etag: ETag?) -> Bool {
    guard isOther(reference, than: etag) else { return false }
    unlink(.object(reference))
    return true
  }

  /// Whether somebody has another version of the object open, and saved.
  func isOther(_ reference: ObjectReference, than etag: ETag?) -> Bool {
    guard let content = self[.object(reference)]?.content else { return false }
    return content.with { $0.handles > 0 && !$0.isDirty && ($0.etag != etag || etag == nil) }
  }

  /// The inode at `place` stands at `destination` from now on; what stood there is unlinked.
  mutating func move(_ place: Place, to destination: Place) {
    guard place != destination else { return }
    unlink(destination)
    guard let number = numbers.removeValue(forKey: place) else { return }
    nodes[number]?.place = destination
    numbers[destination] = number
    bytes += Self.bytes(of: destination) - Self.bytes(of: place)
  }

  /// The kernel is told these attributes.
  mutating func tell(_ attributes: Attributes) {
    if nodes[attributes.inode] != nil { nodes[attributes.inode]?.told = attributes.fingerprint }
  }

  /// Moves every inode at or below a directory along with it.
  mutating func moveTree(_ source: DirectoryLocation, to destination: DirectoryLocation) {
    for place in numbers.keys {
      if let moved = place.moved(from: source, to: destination) { move(place, to: moved) }
    }
  }

  /// Inodes whose files are open or unsaved and match.
  func contents(where matches: (Place) -> Bool) -> [FileContent] {
    nodes.values.compactMap { node in
      guard let content = node.content, let place = node.place, matches(place) else { return nil }
      return content
    }
  }

  private mutating func dropIfUnused(_ number: InodeNumber) {
    guard let node = nodes[number], number != .root, node.lookups == 0, node.content == nil else { return }
    nodes[number] = nil
    bytes -= Self.bytes(of: node.place)
    if let place = node.place { numbers[place] = nil }
  }

  // MARK: Too many

  private static let lookupsBetweenLooks = 1024
  static let mostSurplus = 1024

  /// Files for the kernel to forget, when there are more inodes than memory for them: not open, not unsaved, and with a
  /// directory that the kernel knows. Now and then: call it after each lookup. O(inodes), once for many lookups.
  mutating func surplus() -> [(file: ObjectReference, parent: InodeNumber)] {
    guard isFull else { return [] }
    lookupsUntilLook -= 1
    guard lookupsUntilLook < 0 else { return [] }
    lookupsUntilLook = Self.lookupsBetweenLooks
    // Each look goes on where the last one ended, so that files which the kernel keeps do not stand in the way.
    if looked >= nodes.count { looked = 0 }
    var found: [(file: ObjectReference, parent: InodeNumber)] = []
    for node in nodes.values.dropFirst(looked) {
      looked += 1
      guard case .object(let reference)? = node.place, node.content == nil, node.lookups > 0 else { continue }
      let (location, segment) = reference.parent
      // Beside a directory it has another name, and the directory may be somebody's working directory.
      guard let parent = numbers[.directory(location)], numbers[.directory(location.directory(segment))] == nil
      else { continue }
      found.append((reference, parent))
      if found.count == Self.mostSurplus { break }
    }
    return found
  }
}

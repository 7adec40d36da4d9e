import S3

/// The inodes that the kernel holds: number ↔ place, lookup counts, and the open contents of files.
///
/// An inode lives while the kernel counts lookups of it, or while its file is open or unsaved. It follows its file
/// through renames; after unlink it has no place.
struct InodeTable: ~Copyable {
  struct Node {
    let number: InodeNumber
    /// nil once unlinked.
    var place: Place?
    var lookups: UInt64 = 0
    /// The file's contents, while it is open or unsaved.
    var content: FileContent?
    /// The version that the kernel's page cache may hold pages of, if it is one.
    var cachedVersion: ETag?
    /// The kind that was reported to the kernel: it considers an inode that changes its kind broken (EIO).
    var kind: FileKind?
    /// The attributes last reported to the kernel (`Attributes.fingerprint`); nil if that is not known.
    var lastReported: Int?
    /// The attributes last known of an unlinked file or directory, for processes that still have it open.
    var lastAttributes: Attributes?

    /// Returns whether the inode may be shown as that kind.
    func isShown(as kind: FileKind) -> Bool { self.kind.map { $0 == kind } ?? true }
  }

  /// Where a node is. A node in the dictionary itself would be moved out and in again, through memory that is allocated
  /// for that, whenever one of its members changes: four times in a stat(2).
  ///
  /// Unchecked: no slot leaves the table, and the table cannot be copied, so that exclusive access to the table is
  /// exclusive access to its slots.
  private final class Slot: @unchecked Sendable {
    var node: Node
    init(_ node: Node) { self.node = node }
  }

  private var slots: [InodeNumber: Slot] = [:]
  private var numbers: [Place: InodeNumber] = [:]
  /// In bytes of memory.
  private let capacity: Int
  private(set) var bytes = 0 {
    didSet { share.set(to: Int64(bytes)) }
  }
  /// Its share of the memory for names.
  private let share: BudgetShare
  /// The start of the next scan for inodes that may be forgotten, and the number of lookups until then.
  private var looked = 0
  private var lookupsUntilLook = 0

  /// - Parameters:
  ///   - capacity: in bytes of memory; beyond it `surplus` names inodes for the kernel to forget.
  ///   - names: the budget that the bytes are counted in.
  init(capacity: Int, names: ByteBudget) {
    self.capacity = capacity
    share = BudgetShare(of: names)
    slots[.root] = Slot(Node(number: .root, place: .root, lookups: 1))
    numbers[.root] = .root
  }

  var count: Int { slots.count }
  /// Whether there are more inodes than the memory for them allows. Only the kernel can change that: `surplus`.
  var isFull: Bool { bytes > capacity }

  subscript(number: InodeNumber) -> Node? { slots[number]?.node }
  subscript(place: Place) -> Node? { numbers[place].flatMap { slots[$0]?.node } }

  /// Returns the number that a place has, or would be given.
  func number(for place: Place) -> InodeNumber {
    if let known = numbers[place] { return known }
    var number = place.preferredInode
    // A renamed file keeps its number, so that another inode may have the number of the hash.
    while slots[number] != nil { number = InodeNumber(rawValue: number.rawValue &+ 1 | 1 << 40) }
    return number
  }

  /// Counts one lookup, creating the inode if needed. When the place now has another kind of file than the inode was
  /// shown as, the place gets another inode.
  mutating func look(up place: Place, as kind: FileKind? = nil) -> InodeNumber {
    if let kind, let node = self[place], !node.isShown(as: kind) { unlink(place) }
    let number = enter(place)
    slots[number]?.node.lookups += 1
    if let kind { slots[number]?.node.kind = kind }
    return number
  }

  /// Returns the place's inode, created if needed, without counting a lookup.
  mutating func enter(_ place: Place) -> InodeNumber {
    if let known = numbers[place] { return known }
    let number = number(for: place)
    slots[number] = Slot(Node(number: number, place: place))
    numbers[place] = number
    bytes += Self.bytes(of: place)
    return number
  }

  /// Returns the memory that a place takes, which its inode releases at its end.
  private static func bytes(of place: Place?) -> Int {
    let slot = MemoryLayout<Node>.size + objectOverhead
    let whole =
      hashTableBytes(of: InodeNumber.self, Slot.self) + slot + hashTableBytes(of: Place.self, InodeNumber.self)
    switch place {
    case .directory(let location): return whole + location.prefix.heapBytes
    case .object(let reference): return whole + reference.heapBytes
    case .root, nil: return whole
    }
  }

  mutating func forget(_ number: InodeNumber, lookups: UInt64) {
    guard number != .root, let slot = slots[number] else { return }
    slot.node.lookups -= min(lookups, slot.node.lookups)
    dropIfUnused(number)
  }

  mutating func update(_ number: InodeNumber, _ change: (inout Node) -> Void) {
    guard let slot = slots[number] else { return }
    let before = slot.node.place
    change(&slot.node)
    precondition(before == slot.node.place, "places change by move and unlink")
    dropIfUnused(number)
  }

  /// Unlinks the inode of a place that no longer exists, if there is one.
  @discardableResult
  mutating func unlink(_ place: Place, last: Attributes? = nil) -> InodeNumber? {
    guard let number = numbers.removeValue(forKey: place) else { return nil }
    slots[number]?.node.place = nil
    bytes += Self.bytes(of: nil) - Self.bytes(of: place)
    slots[number]?.node.lastAttributes = last
    slots[number]?.node.lastAttributes?.links = 0
    slots[number]?.node.lastAttributes?.inode = number
    dropIfUnused(number)
    return number
  }

  /// Separates open handles from the name when the object of that name is another version than the one that is open and
  /// saved, or (nil) is gone: they keep the inode, whose size and pages are those of their version, and the name gets
  /// another inode. This is what happens on a local disk when a file is replaced by rename(2). Returns whether that was
  /// so.
  @discardableResult
  mutating func separate(_ reference: ObjectReference, from etag: ETag?) -> Bool {
    guard isOther(reference, than: etag) else { return false }
    unlink(.object(reference))
    return true
  }

  /// Returns whether another version of the object is open, and saved.
  func isOther(_ reference: ObjectReference, than etag: ETag?) -> Bool {
    guard let content = self[.object(reference)]?.content else { return false }
    return content.with { $0.handles > 0 && !$0.isDirty && ($0.etag != etag || etag == nil) }
  }

  /// Moves the inode of `place` to `destination`; the inode that was there is unlinked.
  mutating func move(_ place: Place, to destination: Place) {
    guard place != destination else { return }
    unlink(destination)
    guard let number = numbers.removeValue(forKey: place) else { return }
    slots[number]?.node.place = destination
    numbers[destination] = number
    bytes += Self.bytes(of: destination) - Self.bytes(of: place)
  }

  /// Records attributes that are reported to the kernel.
  mutating func recordReply(_ attributes: Attributes) {
    slots[attributes.inode]?.node.lastReported = attributes.fingerprint
  }

  /// Moves every inode at or below a directory along with it.
  mutating func moveTree(_ source: DirectoryLocation, to destination: DirectoryLocation) {
    for place in numbers.keys {
      if let moved = place.moved(from: source, to: destination) { move(place, to: moved) }
    }
  }

  /// Returns the contents of inodes whose files are open or unsaved and match.
  func contents(where matches: (Place) -> Bool) -> [FileContent] {
    slots.values.compactMap { slot in
      let node = slot.node
      guard let content = node.content, let place = node.place, matches(place) else { return nil }
      return content
    }
  }

  private mutating func dropIfUnused(_ number: InodeNumber) {
    guard let node = slots[number]?.node, number != .root, node.lookups == 0, node.content == nil else { return }
    slots[number] = nil
    bytes -= Self.bytes(of: node.place)
    if let place = node.place { numbers[place] = nil }
  }

  // MARK: Too many

  private static let lookupsBetweenLooks = 1024
  static let mostSurplus = 1024

  /// Returns files for the kernel to forget, when there are more inodes than memory for them: not open, not unsaved,
  /// and with a directory that the kernel knows. Scans only now and then: call it after each lookup. O(inodes), once
  /// for many lookups.
  mutating func surplus() -> [(file: ObjectReference, parent: InodeNumber)] {
    guard isFull else { return [] }
    lookupsUntilLook -= 1
    guard lookupsUntilLook < 0 else { return [] }
    lookupsUntilLook = Self.lookupsBetweenLooks
    // Each scan continues where the last one ended, so that files which the kernel keeps do not block it.
    if looked >= slots.count { looked = 0 }
    var found: [(file: ObjectReference, parent: InodeNumber)] = []
    for slot in slots.values.dropFirst(looked) {
      looked += 1
      let node = slot.node
      guard case .object(let reference)? = node.place, node.content == nil, node.lookups > 0 else { continue }
      let (location, segment) = reference.parent
      // Beside a directory it has another name, and the directory may be the working directory of a process.
      guard let parent = numbers[.directory(location)], numbers[.directory(location.directory(segment))] == nil
      else { continue }
      found.append((reference, parent))
      if found.count == Self.mostSurplus { break }
    }
    return found
  }
}

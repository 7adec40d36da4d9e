import S3

/// What is known of directories, and since when.
///
/// A directory is known by whole listings and by single names that were asked for. Both are good for the ttl. Changes
/// made by this process are patched in at once; a listing that was requested before such a change, and arrives after
/// it, does not undo it. Names that exist only here (`LocalNames`) lie over both.
struct DirectoryCache {
  typealias Instant = ContinuousClock.Instant

  /// Where a listing stood when it was requested, to tell later changes from earlier ones.
  struct Ticket { fileprivate let sequence: UInt64 }

  /// A class, so that a change of one name does not copy the listing. Unchecked: it never leaves the cache, and the
  /// cache is only used under the lock around it.
  private final class State: @unchecked Sendable {
    var listing: DirectoryListing?
    /// Names asked for one by one.
    var points: [ByteName: (child: Child, at: Instant)] = [:]
    /// Objects asked for by key, of which it is not known whether a directory has the same name.
    var objects: [ByteName: (facts: ObjectFacts?, at: Instant)] = [:]
    /// Changes by this process that a listing under way may not have seen.
    var ownChanges: [ByteName: OwnChange] = [:]
    var ownMarker: (facts: ObjectFacts?, sequence: UInt64)?
    /// It did not fit into the pages of a probe: names are asked for one by one.
    var isLarge = false
    /// Its listing is more than may be remembered: names are always asked for one by one.
    var isBeyondMemory = false
    var pointsSinceListing = 0
    /// More single names than this, and those that are out of date are dropped.
    var mostPoints = 4096
    /// Of the memory for names: all but the listing, which has its own.
    var share: BudgetShare?

    func drop(outdatedBy isOutdated: (Instant) -> Bool) {
      guard points.count + objects.count > mostPoints else { return }
      points = points.filter { !isOutdated($0.value.at) }
      objects = objects.filter { !isOutdated($0.value.at) }
      mostPoints = max(4096, (points.count + objects.count) * 2)
    }
  }

  /// Changes by this process to the two halves of a name, each with the sequence it was made at.
  private struct OwnChange {
    var object: (facts: ObjectFacts?, sequence: UInt64)?
    var directory: (exists: Bool, sequence: UInt64)?

    /// Applies what came after `sequence`; false if nothing did.
    @discardableResult
    func apply(to child: inout Child, after sequence: UInt64) -> Bool {
      let newObject = object.flatMap { $0.sequence > sequence ? $0 : nil }
      let newDirectory = directory.flatMap { $0.sequence > sequence ? $0 : nil }
      if let newObject { child.object = newObject.facts }
      if let newDirectory { child.isDirectory = newDirectory.exists }
      return newObject != nil || newDirectory != nil
    }
  }

  /// How a name that is not known is best asked for.
  enum Strategy { case list, probe, point }

  let ttl: Duration
  private var states: LRUCache<DirectoryLocation, State>
  /// What lies over it.
  var local = LocalNames()
  private var sequence: UInt64 = 0
  private var changes: UInt64 = 0
  private var installed: UInt64 = 0
  private let names: ByteBudget

  /// - Parameters:
  ///   - capacity: of what is remembered, in bytes of memory.
  ///   - names: where these bytes are counted, beside what else takes memory for names.
  init(ttl: Duration, capacity: Int, names: ByteBudget) {
    self.ttl = ttl
    self.names = names
    states = LRUCache(capacity: capacity)
  }

  /// Grows with each own change, wherever: what was made of a listing before is out of date.
  var revision: UInt64 { changes + local.revision }

  /// How many children of listings are remembered. O(directories).
  var count: Int { states.keys.reduce(0) { $0 + (states.peek($1)?.listing?.children.count ?? 0) } }

  /// What is remembered, in bytes of memory.
  var cost: Int { states.cost }

  /// Forgets at least half of what can be asked for again, the least recently used first. False if there is none.
  mutating func release() -> Bool {
    let before = states.cost
    let used = states.keys
    for location in used.reversed() {
      guard let state = states.peek(location), states.cost > before / 2 else { break }
      // A listing that is under way must not undo a change made since.
      guard !state.ownChanges.isEmpty || state.ownMarker != nil else {
        states.remove(location)
        continue
      }
      state.listing = nil
      (state.points, state.objects) = ([:], [:])
      put(state, at: location)
    }
    return states.cost < before
  }

  // MARK: Asking

  /// The child of that name and when that was learnt; nil when nothing fresh is known.
  mutating func child(_ segment: ByteName, of location: DirectoryLocation, now: Instant) -> (child: Child, at: Instant)?
  {
    let local = local.name(segment, of: location)
    guard var known = remoteChild(segment, of: location, now: now) else {
      // A local name is known without asking; whether an object of that name exists besides is found by listing.
      guard let local else { return nil }
      return (Child(isDirectory: local == .directory), now)
    }
    if local == .directory { known.child.isDirectory = true }
    return known
  }

  private mutating func remoteChild(
    _ segment: ByteName, of location: DirectoryLocation, now: Instant
  ) -> (child: Child, at: Instant)? {
    guard let state = states.get(location) else { return nil }
    var best: (child: Child, at: Instant)?
    if let listing = fresh(state.listing, now: now), let at = listing.listedAt {
      best = (listing.children[segment] ?? Child(), at)
    }
    if let point = state.points[segment], now - point.at < ttl, best.map({ $0.at <= point.at }) ?? true { best = point }
    return best
  }

  /// What is known of an object, whether or not a directory has its name; nil when nothing fresh is known, and a
  /// value without facts when there is no such object.
  mutating func object(at reference: ObjectReference, now: Instant) -> (facts: ObjectFacts?, at: Instant)? {
    let (location, segment) = reference.parent
    if let known = child(segment, of: location, now: now) { return (known.child.object, known.at) }
    guard let known = states.get(location)?.objects[segment], now - known.at < ttl else { return nil }
    return known
  }

  /// The whole directory if a fresh listing is known, with what lies over it.
  mutating func listing(of location: DirectoryLocation, now: Instant) -> (listing: DirectoryListing, at: Instant)? {
    guard var listing = fresh(states.get(location)?.listing, now: now), let at = listing.listedAt else { return nil }
    local.overlay(&listing, of: location)
    return (listing, at)
  }

  /// The number of the fresh listing that `listing` would tell of, and of its children, without copying it.
  mutating func listingMark(of location: DirectoryLocation, now: Instant) -> (number: UInt64, children: Int)? {
    fresh(states.get(location)?.listing, now: now).map { ($0.number, $0.children.count) }
  }

  /// Whether a fresh listing tells that the directory has no marker object.
  func hasNoMarker(_ location: DirectoryLocation, now: Instant) -> Bool {
    fresh(states.peek(location)?.listing, now: now).map { $0.marker == nil } ?? false
  }

  private func fresh(_ listing: DirectoryListing?, now: Instant) -> DirectoryListing? {
    guard let listing, let at = listing.listedAt, now - at < ttl else { return nil }
    return listing
  }

  /// The directory's marker object, if a fresh listing or an own change tells of one.
  mutating func marker(of location: DirectoryLocation, now: Instant) -> ObjectFacts? {
    guard let state = states.get(location) else { return nil }
    if let listing = fresh(state.listing, now: now) { return listing.marker }
    return state.ownMarker?.facts
  }

  mutating func strategy(for location: DirectoryLocation) -> Strategy {
    guard let state = states.get(location), state.isLarge else { return .probe }
    guard !state.isBeyondMemory else { return .point }
    // Many single questions in one large directory: the whole listing answers them all. It is worth its pages once as
    // many questions were asked, so that together they never take more than twice what the better way had taken.
    let pages = state.listing.map { ($0.children.count + 999) / 1000 } ?? Self.pagesOfUnknown
    return state.pointsSinceListing >= pages ? .list : .point
  }

  /// What a large directory that was never listed is taken for.
  static let pagesOfUnknown = 64

  // MARK: Learning

  func ticket() -> Ticket { Ticket(sequence: sequence) }

  /// Installs a whole listing that was requested at `ticket`. Returns it as it now stands, local names included.
  mutating func install(
    _ listing: DirectoryListing, of location: DirectoryLocation, ticket: Ticket, now: Instant
  ) -> DirectoryListing {
    var listing = listing
    installed += 1
    (listing.listedAt, listing.number) = (now, installed)
    let state = states.get(location) ?? State()
    for (segment, change) in state.ownChanges {
      var child = listing.children[segment] ?? Child()
      if change.apply(to: &child, after: ticket.sequence) {
        listing.set(segment, to: child)
      } else {
        state.ownChanges[segment] = nil
      }
    }
    if let own = state.ownMarker {
      if own.sequence > ticket.sequence { listing.marker = own.facts } else { state.ownMarker = nil }
    }
    state.listing = listing
    state.points = [:]
    state.objects = [:]
    state.isLarge = listing.children.count > 1500
    state.isBeyondMemory = false
    state.pointsSinceListing = 0
    put(state, at: location)
    local.overlay(&listing, of: location)
    return listing
  }

  /// Installs the listing of a directory that did not exist at `knownAt`, and was made since: only own changes are in it.
  mutating func installEmpty(_ location: DirectoryLocation, knownAt: Instant) {
    if let state = states.peek(location) {
      guard state.listing == nil, state.points.isEmpty, state.objects.isEmpty, state.ownChanges.isEmpty else { return }
    }
    _ = install(DirectoryListing(), of: location, ticket: Ticket(sequence: 0), now: knownAt)
  }

  /// Installs the listing of a directory that nobody asked for, requested at `ticket` and `requestedAt`: it tells nothing
  /// where anything was learnt since.
  mutating func installUnasked(
    _ listing: DirectoryListing, of location: DirectoryLocation, ticket: Ticket, requestedAt: Instant, now: Instant
  ) {
    if let state = states.peek(location) {
      if let at = state.listing?.listedAt, at >= requestedAt { return }
      if state.points.values.contains(where: { $0.at >= requestedAt }) { return }
      if state.objects.values.contains(where: { $0.at >= requestedAt }) { return }
    }
    _ = install(listing, of: location, ticket: ticket, now: now)
  }

  mutating func markLarge(_ location: DirectoryLocation, isBeyondMemory: Bool = false) {
    let state = states.get(location) ?? State()
    state.isLarge = true
    state.isBeyondMemory = isBeyondMemory
    put(state, at: location)
  }

  /// Notes what one question about a name brought, asked at `ticket`.
  mutating func learn(
    _ segment: ByteName, _ child: Child, in location: DirectoryLocation, ticket: Ticket, now: Instant
  ) {
    let state = states.get(location) ?? State()
    var child = child
    state.ownChanges[segment]?.apply(to: &child, after: ticket.sequence)
    state.drop { now - $0 >= ttl }
    state.points[segment] = (child, now)
    state.pointsSinceListing += 1
    put(state, at: location)
  }

  /// A fresh fact about an object (HEAD or GET); the directory of the same name stays as it is known.
  mutating func learn(_ object: ObjectFacts?, at reference: ObjectReference, ticket: Ticket, now: Instant) {
    let (location, segment) = reference.parent
    guard var (child, _) = remoteChild(segment, of: location, now: now) else {
      return learn(object, segment, in: location, ticket: ticket, now: now)
    }
    child.object = object
    learn(segment, child, in: location, ticket: ticket, now: now)
  }

  private mutating func learn(
    _ object: ObjectFacts?, _ segment: ByteName, in location: DirectoryLocation, ticket: Ticket, now: Instant
  ) {
    // A marker is the directory's own, not a name in it.
    guard !segment.isEmpty else { return }
    let state = states.get(location) ?? State()
    var child = Child(object: object)
    state.ownChanges[segment]?.apply(to: &child, after: ticket.sequence)
    state.drop { now - $0 >= ttl }
    state.objects[segment] = (child.object, now)
    put(state, at: location)
  }

  // MARK: Own changes

  /// An object was written or (nil) deleted by this process.
  mutating func note(_ object: ObjectFacts?, at reference: ObjectReference, now: Instant) {
    let (location, segment) = reference.parent
    if segment.isEmpty { noteMarker(object, of: location, now: now) }
    if object != nil { noteDirectories(above: location, now: now) }
    if !segment.isEmpty { change(segment, of: location, now: now) { $0.object = (object, $1) } }
  }

  private mutating func noteMarker(_ facts: ObjectFacts?, of location: DirectoryLocation, now: Instant) {
    sequence += 1
    changes += 1
    let state = states.get(location) ?? State()
    state.listing?.marker = facts
    state.ownMarker = (facts, sequence)
    put(state, at: location)
  }

  /// A directory exists from now on, or does not.
  mutating func note(directory location: DirectoryLocation, exists: Bool, now: Instant) {
    if !exists { forget(below: location) }
    guard let (parent, segment) = location.parent else { return }
    if exists { noteDirectories(above: parent, now: now) }
    change(segment, of: parent, now: now) { $0.directory = (exists, $1) }
  }

  private mutating func noteDirectories(above location: DirectoryLocation, now: Instant) {
    var location = location
    while let (parent, segment) = location.parent {
      if let known = remoteChild(segment, of: parent, now: now), known.child.isDirectory { return }
      change(segment, of: parent, now: now) { $0.directory = (true, $1) }
      location = parent
    }
  }

  private mutating func change(
    _ segment: ByteName, of location: DirectoryLocation, now: Instant, _ body: (inout OwnChange, UInt64) -> Void
  ) {
    sequence += 1
    changes += 1
    let known = remoteChild(segment, of: location, now: now)
    let state = states.get(location) ?? State()
    var change = state.ownChanges[segment] ?? OwnChange()
    body(&change, sequence)
    state.ownChanges[segment] = change
    // Where nothing was known of the name, its other half is still not known.
    if var known {
      change.apply(to: &known.child, after: sequence - 1)
      state.listing?.set(segment, to: known.child)
      state.points[segment] = known
    } else if let object = change.object, let known = state.objects[segment] {
      state.objects[segment] = (object.facts, known.at)
    }
    put(state, at: location)
  }

  /// Drops all that is known at and below a directory; it will be asked for again.
  mutating func forget(below location: DirectoryLocation) {
    for key in states.keys where location.contains(key) { states.remove(key) }
  }

  private mutating func put(_ state: State, at location: DirectoryLocation) {
    var others = Self.bytesPerState + location.prefix.heapBytes
    others += state.points.count * Self.bytesPerPoint + state.objects.count * Self.bytesPerObject
    others += state.ownChanges.count * Self.bytesPerChange
    if let listing = state.listing, others + listing.bytes > states.capacity {
      state.listing = nil
      (state.isLarge, state.isBeyondMemory) = (true, true)
    }
    let cost = others + (state.listing?.bytes ?? 0)
    if let share = state.listing?.share {
      share.set(to: Int64(cost - others))
    } else {
      others = cost
    }
    if state.share == nil { state.share = BudgetShare(of: names) }
    state.share?.set(to: Int64(others))
    _ = states.set(location, state, cost: cost)
  }

  /// Names and ETags on the heap, as they are as a rule.
  private static let texts = 128
  private static let bytesPerState = 512
  private static let bytesPerPoint = hashTableBytes(of: ByteName.self, (Child, Instant).self) + texts
  private static let bytesPerObject = hashTableBytes(of: ByteName.self, (ObjectFacts?, Instant).self) + texts
  private static let bytesPerChange = hashTableBytes(of: ByteName.self, OwnChange.self) + texts
}

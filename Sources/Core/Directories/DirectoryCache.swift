import S3

/// The known contents of directories, and when they were learnt.
///
/// A directory is known by whole listings and by single names that were queried. Both serve requests whose horizon they
/// reach. Changes made by this process are patched in at once; a listing that was requested before such a change, and
/// arrives after it, does not undo it. Names that exist only here (`LocalNames`) override both.
///
/// This file has queries and learning; own changes, and what they invalidate, are in DirectoryCache+OwnChanges.swift.
struct DirectoryCache {
  typealias Instant = ContinuousClock.Instant

  /// The state when a listing was requested, to distinguish later changes from earlier ones.
  struct Ticket {
    let sequence: UInt64
    let requested: Instant

    func learned(at now: Instant) -> Learned { Learned(requested: requested, arrived: now) }

    /// Returns whether an answer requested at `other` may show less than this.
    func isLater(than other: Ticket) -> Bool {
      sequence > other.sequence || requested > other.requested
    }
  }

  /// The best way to query an unknown name: with all names of its directory, with all if they are few, with those that
  /// follow, or alone.
  enum Strategy { case list, probe, range, point }

  /// Single names are forgotten after this time, where there are many.
  private let lifetime: Duration
  var directories: LRUCache<DirectoryLocation, KnownDirectory>
  /// Local names, which override what S3 returned.
  var local = LocalNames()
  /// When names were last seen to appear and disappear.
  var times: DirectoryTimes
  var sequence: UInt64 = 0
  var changes: UInt64 = 0
  private var installed: UInt64 = 0
  /// The directories that were dropped together with their own changes: answers requested before are not learnt.
  var dropped = DroppedDirectories()
  /// Continuation directories of which something may be known.
  var continuations: Set<DirectoryLocation> = []
  private let names: ByteBudget

  /// - Parameters:
  ///   - capacity: of what is remembered, in bytes of memory.
  ///   - names: the budget that these bytes are counted in, shared with other memory for names.
  ///   - wall: returns the time that a directory gets when its names change.
  init(lifetime: Duration, capacity: Int, names: ByteBudget, wall: @escaping @Sendable () -> Timestamp) {
    self.lifetime = lifetime
    self.names = names
    times = DirectoryTimes(wall: wall)
    directories = LRUCache(capacity: capacity)
  }

  /// Incremented by each own change, in any directory: anything derived from a listing before is stale.
  var revision: UInt64 { changes + local.revision }

  /// The number of children in remembered listings. O(directories).
  var count: Int { directories.keys.reduce(0) { $0 + (directories.peek($1)?.listing?.children.count ?? 0) } }

  /// The memory that is in use, in bytes.
  var cost: Int { directories.cost }

  /// Evicts at least half of what can be requested again, the least recently used first. Returns false if there is
  /// nothing to evict.
  mutating func release() -> Bool {
    let before = directories.cost
    let used = directories.keys
    dropped.evicted = sequence
    for location in used.reversed() {
      guard let state = directories.peek(location), directories.cost > before / 2 else { break }
      // A listing in flight must not undo a change made since.
      guard !state.ownChanges.isEmpty || state.ownMarker != nil else {
        directories.remove(location)
        continue
      }
      state.listing = nil
      state.forgetNames()
      put(state, at: location)
    }
    return directories.cost < before
  }

  // MARK: Queries

  /// Returns the child of that name and when it was learnt; nil when nothing fresh is known.
  mutating func child(
    _ segment: ByteName, of location: DirectoryLocation, within horizon: Horizon, now: Instant
  ) -> (child: Child, at: Learned)? {
    let local = local.name(segment, of: location)
    guard var known = remoteChild(segment, of: location, within: horizon) else {
      // A local name is known without a request; whether an object of that name exists besides is found by listing.
      guard let local else { return nil }
      return (Child(isDirectory: local == .directory), Learned(at: now))
    }
    if local == .directory { known.child.isDirectory = true }
    if self.local.isRemoved(segment, of: location) { known.child.object = nil }
    return known
  }

  mutating func remoteChild(
    _ segment: ByteName, of location: DirectoryLocation, within horizon: Horizon
  ) -> (child: Child, at: Learned)? {
    guard let state = directories.get(location) else { return nil }
    var best: (child: Child, at: Learned)?
    if let listing = state.listing, let at = listing.listedAt, horizon.reaches(at) {
      best = (listing.children[segment] ?? Child(), at)
    }
    if let point = state.points[segment], horizon.reaches(point.at),
      best.map({ $0.at.requested <= point.at.requested }) ?? true
    {
      best = point
    }
    if let listed = state.listedAlone(segment), horizon.reaches(listed.at),
      best.map({ $0.at.requested <= listed.at.requested }) ?? true
    {
      best = listed
      state.usesOfRange += 1
    }
    return best
  }

  /// Same, for a lookup of the name: where a directory exists, the name is a directory, even if an object has it too.
  mutating func kind(
    _ segment: ByteName, of location: DirectoryLocation, within horizon: Horizon, now: Instant
  ) -> (child: Child, at: Learned)? {
    if let known = child(segment, of: location, within: horizon, now: now) { return known }
    guard let at = directories.get(location)?.directories[segment], horizon.reaches(at) else { return nil }
    return (Child(isDirectory: true), at)
  }

  /// Returns what is known of an object in S3, whatever else has its name, there or here; nil when nothing fresh is
  /// known, and a value without facts when there is no such object.
  mutating func object(
    at reference: ObjectReference, within horizon: Horizon
  ) -> (facts: ObjectFacts?, at: Learned)? {
    let (location, segment) = reference.parent
    if let known = remoteChild(segment, of: location, within: horizon) { return (known.child.object, known.at) }
    guard let known = directories.get(location)?.objects[segment], horizon.reaches(known.at) else { return nil }
    return known
  }

  /// Returns the whole directory if a fresh listing is known, including local names.
  mutating func listing(of location: DirectoryLocation, within horizon: Horizon) -> DirectoryListing? {
    guard var listing = fresh(directories.get(location)?.listing, within: horizon) else { return nil }
    local.overlay(&listing, of: location)
    return listing
  }

  /// Returns the number of the fresh listing that `listing` would return, and of its children, without copying it.
  mutating func listingMark(
    of location: DirectoryLocation, within horizon: Horizon
  ) -> (number: UInt64, children: Int)? {
    fresh(directories.get(location)?.listing, within: horizon).map { ($0.number, $0.children.count) }
  }

  /// Returns whether a fresh listing of the directory is known, and the marker object in it.
  func listedMarker(
    of location: DirectoryLocation, within horizon: Horizon
  ) -> (isListed: Bool, facts: ObjectFacts?) {
    let listing = fresh(directories.peek(location)?.listing, within: horizon)
    return (listing != nil, listing?.marker)
  }

  private func fresh(_ listing: DirectoryListing?, within horizon: Horizon) -> DirectoryListing? {
    guard let listing, let at = listing.listedAt, horizon.reaches(at) else { return nil }
    return listing
  }

  /// Returns the directory's marker object, if a fresh listing or an own change shows one.
  mutating func marker(of location: DirectoryLocation, within horizon: Horizon) -> ObjectFacts? {
    guard let state = directories.get(location) else { return nil }
    if let listing = fresh(state.listing, within: horizon) { return listing.marker }
    return state.ownMarker?.facts
  }

  /// The number of names from which on a directory is not listed for a single look, if many observers look.
  private static let worthSparing = 100

  /// - Parameters:
  ///   - segment: a name that is about to be queried, if the query is about one.
  ///   - isShared: whether several observers look at the same time, each in bursts of its own.
  mutating func strategy(
    for location: DirectoryLocation, _ segment: ByteName? = nil, isShared: Bool = false, within horizon: Horizon
  ) -> Strategy {
    guard let state = directories.get(location) else { return .probe }
    let isLong = isShared && state.listing.map { $0.children.count >= Self.worthSparing } ?? false
    guard state.isLarge || isLong else { return .probe }
    guard !state.isBeyondMemory else { return .point }
    if let segment, location.continuation == 0, state.isWalked(to: segment, within: horizon) { return .range }
    // Many single queries in one large directory: the whole listing answers them all, for observers whose horizon it
    // reaches. It is worth its pages once as many queries were made within that horizon, so that together they never
    // take more than twice what the better way would have taken.
    let pages = state.listing.map { ($0.children.count + 999) / 1000 } ?? Self.pagesOfUnknown
    return state.hasQuestions(pages, within: horizon) ? .list : .point
  }

  /// The assumed size of a large directory that was never listed, in pages.
  static let pagesOfUnknown = 64

  // MARK: Learning

  /// - Parameter now: before the request is sent.
  func ticket(now: Instant) -> Ticket { Ticket(sequence: sequence, requested: now) }

  /// Installs a whole listing that was requested at `ticket`. Returns it with later changes and local names applied.
  mutating func install(
    _ listing: DirectoryListing, of location: DirectoryLocation, ticket: Ticket, now: Instant
  ) -> DirectoryListing {
    var listing = listing
    installed += 1
    (listing.listedAt, listing.number) = (ticket.learned(at: now), installed)
    if isOutdated(ticket, of: location) {
      listing = directories.peek(location)?.listing ?? listing
    } else {
      keep(&listing, of: location, ticket: ticket, now: now)
    }
    local.overlay(&listing, of: location)
    return listing
  }

  /// Returns whether what was requested at `ticket` may show less than is known: answers can overtake each other, and
  /// the later listing dropped own changes that the earlier one does not show.
  private func isOutdated(_ ticket: Ticket, of location: DirectoryLocation) -> Bool {
    guard let state = directories.peek(location) else {
      return ticket.sequence < dropped.evicted || dropped.contains(location, since: ticket.sequence)
    }
    return state.listed?.isLater(than: ticket) ?? false || dropped.contains(location, since: ticket.sequence)
  }

  private mutating func keep(
    _ listing: inout DirectoryListing, of location: DirectoryLocation, ticket: Ticket, now: Instant
  ) {
    let state = directories.get(location) ?? KnownDirectory()
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
    if let known = state.listing, !known.hasNames(of: listing) { times.touch(.directory(location)) }
    (state.listing, state.listed) = (listing, ticket)
    state.forgetNames { $0.requested <= ticket.requested }
    state.isLarge = listing.children.count > 1500
    state.isBeyondMemory = false
    state.questions = []
    put(state, at: location)
    if !listing.children.isEmpty || listing.marker != nil {
      hasKeys(location, ticket: ticket, now: now) { listing.children[$0] }
    }
  }

  /// Learns that a directory has keys, and which of those that were kept here are in S3 now.
  private mutating func hasKeys(
    _ location: DirectoryLocation, ticket: Ticket, now: Instant, child: (ByteName) -> Child?
  ) {
    learnDirectories(above: location, ticket: ticket, now: now)
    local.release(location, asOf: ticket.sequence)
    for segment in local.directories(in: location) where child(segment)?.isDirectory == true {
      local.release(location.directory(segment), asOf: ticket.sequence)
    }
  }

  /// Learns that a directory has keys: so it exists, and so do those above it.
  mutating func learnDirectories(above location: DirectoryLocation, ticket: Ticket, now: Instant) {
    var location = location
    while let (parent, segment) = location.parent {
      let state = directories.get(parent) ?? KnownDirectory()
      // Everything above is known as well, or nothing is to be learnt of it.
      if let at = state.directories[segment], at.requested >= ticket.requested { return }
      if let listed = state.listing?.listedAt, listed.requested >= ticket.requested { return }
      if let own = state.ownChanges[segment]?.directory, own.sequence > ticket.sequence { return }
      state.directories[segment] = ticket.learned(at: now)
      put(state, at: parent)
      location = parent
    }
  }

  /// Installs the listing of a directory that did not exist at `knownAt`, and was created since: only own changes are
  /// in it.
  mutating func installEmpty(_ location: DirectoryLocation, knownAt: Learned) {
    if let state = directories.peek(location) {
      guard state.listing == nil, state.points.isEmpty, state.objects.isEmpty, state.ownChanges.isEmpty else { return }
    }
    installed += 1
    var listing = DirectoryListing()
    (listing.listedAt, listing.number) = (knownAt, installed)
    keep(
      &listing, of: location, ticket: Ticket(sequence: 0, requested: knownAt.requested), now: knownAt.arrived)
  }

  /// Installs a prefetched listing of a directory, requested at `ticket`; ignored where anything was learnt since.
  mutating func installUnasked(
    _ listing: DirectoryListing, of location: DirectoryLocation, ticket: Ticket, now: Instant
  ) {
    let requested = ticket.requested
    if let state = directories.peek(location) {
      if let at = state.listing?.listedAt, at.arrived >= requested { return }
      if state.points.values.contains(where: { $0.at.arrived >= requested }) { return }
      if state.objects.values.contains(where: { $0.at.arrived >= requested }) { return }
    }
    _ = install(listing, of: location, ticket: ticket, now: now)
  }

  /// Learns the names that a page shows, requested from a name on; nil: none, and no other page is tried soon.
  mutating func learn(_ range: ListedRange?, in location: DirectoryLocation, ticket: Ticket, now: Instant) {
    guard !isOutdated(ticket, of: location) else { return }
    let state = directories.get(location) ?? KnownDirectory()
    if let range, range.bytes * KnownDirectory.mostRanges < directories.capacity / 2 {
      state.add(range, ticket, now: now)
    } else {
      state.order.reset()
    }
    put(state, at: location)
    if let range, !range.isEmpty { hasKeys(location, ticket: ticket, now: now, child: range.child) }
  }

  mutating func markLarge(_ location: DirectoryLocation, isBeyondMemory: Bool = false) {
    let state = directories.get(location) ?? KnownDirectory()
    state.isLarge = true
    state.isBeyondMemory = isBeyondMemory
    put(state, at: location)
  }

  /// Records the result of one query about a name, requested at `ticket`.
  mutating func learn(
    _ segment: ByteName, _ child: Child, in location: DirectoryLocation, ticket: Ticket, now: Instant
  ) {
    guard !isOutdated(ticket, of: location) else { return }
    let state = directories.get(location) ?? KnownDirectory()
    if let known = state.points[segment], known.at.requested > ticket.requested { return }
    var child = child
    state.ownChanges[segment]?.apply(to: &child, after: ticket.sequence)
    state.drop { now - $0.arrived >= lifetime }
    let learned = ticket.learned(at: now)
    state.points[segment] = (child, learned)
    if child.exists { local.release(child.isDirectory ? location.directory(segment) : location, asOf: ticket.sequence) }
    state.wasAsked(learned)
    put(state, at: location)
  }

  /// Records a fresh fact about an object (HEAD or GET); what is known of the directory of the same name stays.
  mutating func learn(
    _ object: ObjectFacts?, at reference: ObjectReference, ticket: Ticket, within horizon: Horizon, now: Instant
  ) {
    let (location, segment) = reference.parent
    guard var (child, _) = remoteChild(segment, of: location, within: horizon) else {
      return learn(object, segment, in: location, ticket: ticket, now: now)
    }
    child.object = object
    learn(segment, child, in: location, ticket: ticket, now: now)
  }

  private mutating func learn(
    _ object: ObjectFacts?, _ segment: ByteName, in location: DirectoryLocation, ticket: Ticket, now: Instant
  ) {
    // A marker belongs to the directory itself, it is not a name in it.
    guard !segment.isEmpty, !isOutdated(ticket, of: location) else { return }
    let state = directories.get(location) ?? KnownDirectory()
    if let known = state.objects[segment], known.at.requested > ticket.requested { return }
    var child = Child(object: object)
    state.ownChanges[segment]?.apply(to: &child, after: ticket.sequence)
    state.drop { now - $0.arrived >= lifetime }
    state.objects[segment] = (child.object, ticket.learned(at: now))
    put(state, at: location)
  }

  mutating func put(_ state: KnownDirectory, at location: DirectoryLocation) {
    var others = state.bytesOfNames + location.prefix.heapBytes
    if let listing = state.listing, others + listing.bytes > directories.capacity {
      state.listing = nil
      (state.isLarge, state.isBeyondMemory) = (true, true)
    }
    let cost = others + (state.listing?.bytes ?? 0)
    if let share = state.listing?.share {
      share.set(to: Int64(cost - others))
    } else {
      others = cost
    }
    if location.continuation > 0 { continuations.insert(location) }
    if state.share == nil { state.share = BudgetShare(of: names) }
    state.share?.set(to: Int64(others))
    if !directories.set(location, state, cost: cost).isEmpty { dropped.evicted = sequence }
  }
}

import S3

/// What is known of directories, and since when.
///
/// A directory is known by whole listings and by single names that were asked for. Both answer those whose horizon
/// they reach. Changes made by this process are patched in at once; a listing that was requested before such a change,
/// and arrives after it, does not undo it. Names that exist only here (`LocalNames`) lie over both.
///
/// Here is what is asked and learnt; own changes, and what they make out of date, are in DirectoryCache+OwnChanges.swift.
struct DirectoryCache {
  typealias Instant = ContinuousClock.Instant

  /// Where a listing stood when it was requested, to tell later changes from earlier ones.
  struct Ticket {
    let sequence: UInt64
    let requested: Instant

    func learned(at now: Instant) -> Learned { Learned(requested: requested, arrived: now) }

    /// Whether what was requested at `other` may show less than this.
    func isLater(than other: Ticket) -> Bool {
      sequence > other.sequence || requested > other.requested
    }
  }

  /// How a name that is not known is best asked for.
  enum Strategy { case list, probe, point }

  /// Single names are forgotten after it, where there are many.
  private let lifetime: Duration
  var directories: LRUCache<DirectoryLocation, KnownDirectory>
  /// What lies over it.
  var local = LocalNames()
  /// When names were last seen to come and go.
  var times: DirectoryTimes
  var sequence: UInt64 = 0
  var changes: UInt64 = 0
  private var installed: UInt64 = 0
  /// What was dropped, and with it the own changes: what was requested before is not learnt.
  var dropped = DroppedDirectories()
  /// Continuation directories of which something may be known.
  var continuations: Set<DirectoryLocation> = []
  private let names: ByteBudget

  /// - Parameters:
  ///   - capacity: of what is remembered, in bytes of memory.
  ///   - names: where these bytes are counted, beside what else takes memory for names.
  ///   - wall: tells the time that a directory gets when its names change.
  init(lifetime: Duration, capacity: Int, names: ByteBudget, wall: @escaping @Sendable () -> Timestamp) {
    self.lifetime = lifetime
    self.names = names
    times = DirectoryTimes(wall: wall)
    directories = LRUCache(capacity: capacity)
  }

  /// Grows with each own change, wherever: what was made of a listing before is out of date.
  var revision: UInt64 { changes + local.revision }

  /// How many children of listings are remembered. O(directories).
  var count: Int { directories.keys.reduce(0) { $0 + (directories.peek($1)?.listing?.children.count ?? 0) } }

  /// What is remembered, in bytes of memory.
  var cost: Int { directories.cost }

  /// Forgets at least half of what can be asked for again, the least recently used first. False if there is none.
  mutating func release() -> Bool {
    let before = directories.cost
    let used = directories.keys
    dropped.evicted = sequence
    for location in used.reversed() {
      guard let state = directories.peek(location), directories.cost > before / 2 else { break }
      // A listing that is under way must not undo a change made since.
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

  // MARK: Asking

  /// The child of that name and when that was learnt; nil when nothing fresh is known.
  mutating func child(
    _ segment: ByteName, of location: DirectoryLocation, within horizon: Horizon, now: Instant
  ) -> (child: Child, at: Learned)? {
    let local = local.name(segment, of: location)
    guard var known = remoteChild(segment, of: location, within: horizon) else {
      // A local name is known without asking; whether an object of that name exists besides is found by listing.
      guard let local else { return nil }
      return (Child(isDirectory: local == .directory), Learned(at: now))
    }
    if local == .directory { known.child.isDirectory = true }
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
    return best
  }

  /// The same for one who looks the name up: where a directory stands, it is what the name is, whatever object has it, too.
  mutating func kind(
    _ segment: ByteName, of location: DirectoryLocation, within horizon: Horizon, now: Instant
  ) -> (child: Child, at: Learned)? {
    if let known = child(segment, of: location, within: horizon, now: now) { return known }
    guard let at = directories.get(location)?.directories[segment], horizon.reaches(at) else { return nil }
    return (Child(isDirectory: true), at)
  }

  /// What is known of an object in S3, whatever else has its name, there or here; nil when nothing fresh is known, and
  /// a value without facts when there is no such object.
  mutating func object(
    at reference: ObjectReference, within horizon: Horizon
  ) -> (facts: ObjectFacts?, at: Learned)? {
    let (location, segment) = reference.parent
    if let known = remoteChild(segment, of: location, within: horizon) { return (known.child.object, known.at) }
    guard let known = directories.get(location)?.objects[segment], horizon.reaches(known.at) else { return nil }
    return known
  }

  /// The whole directory if a fresh listing is known, with what lies over it.
  mutating func listing(of location: DirectoryLocation, within horizon: Horizon) -> DirectoryListing? {
    guard var listing = fresh(directories.get(location)?.listing, within: horizon) else { return nil }
    local.overlay(&listing, of: location)
    return listing
  }

  /// The number of the fresh listing that `listing` would tell of, and of its children, without copying it.
  mutating func listingMark(
    of location: DirectoryLocation, within horizon: Horizon
  ) -> (number: UInt64, children: Int)? {
    fresh(directories.get(location)?.listing, within: horizon).map { ($0.number, $0.children.count) }
  }

  /// Whether a fresh listing of the directory is known, and the marker object that it has then.
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

  /// The directory's marker object, if a fresh listing or an own change tells of one.
  mutating func marker(of location: DirectoryLocation, within horizon: Horizon) -> ObjectFacts? {
    guard let state = directories.get(location) else { return nil }
    if let listing = fresh(state.listing, within: horizon) { return listing.marker }
    return state.ownMarker?.facts
  }

  mutating func strategy(for location: DirectoryLocation, within horizon: Horizon) -> Strategy {
    guard let state = directories.get(location), state.isLarge else { return .probe }
    guard !state.isBeyondMemory else { return .point }
    // Many single questions in one large directory: the whole listing answers them all, for those whose horizon it
    // reaches. It is worth its pages once as many questions were asked within that horizon, so that together they never
    // take more than twice what the better way had taken.
    let pages = state.listing.map { ($0.children.count + 999) / 1000 } ?? Self.pagesOfUnknown
    let isMany = state.questions.count >= pages && state.questions.suffix(pages).allSatisfy(horizon.reaches)
    return isMany ? .list : .point
  }

  /// What a large directory that was never listed is taken for.
  static let pagesOfUnknown = 64

  // MARK: Learning

  /// - Parameter now: before the request is sent.
  func ticket(now: Instant) -> Ticket { Ticket(sequence: sequence, requested: now) }

  /// Installs a whole listing that was requested at `ticket`. Returns it as it now stands, local names included.
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

  /// Whether what was requested at `ticket` may show less than is known: answers can overtake each other, and the later
  /// listing dropped own changes that the earlier one does not show.
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
      learnDirectories(above: location, ticket: ticket, now: now)
      local.release(location, asOf: ticket.sequence)
      for segment in local.directories(in: location) where listing.children[segment]?.isDirectory == true {
        local.release(location.directory(segment), asOf: ticket.sequence)
      }
    }
  }

  /// A directory has keys: so it exists, and so do those above it.
  mutating func learnDirectories(above location: DirectoryLocation, ticket: Ticket, now: Instant) {
    var location = location
    while let (parent, segment) = location.parent {
      let state = directories.get(parent) ?? KnownDirectory()
      // All that is above is known as well, or nothing is to be learnt of it.
      if let at = state.directories[segment], at.requested >= ticket.requested { return }
      if let listed = state.listing?.listedAt, listed.requested >= ticket.requested { return }
      if let own = state.ownChanges[segment]?.directory, own.sequence > ticket.sequence { return }
      state.directories[segment] = ticket.learned(at: now)
      put(state, at: parent)
      location = parent
    }
  }

  /// Installs the listing of a directory that did not exist at `knownAt`, and was made since: only own changes are in it.
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

  /// Installs the listing of a directory that nobody asked for, requested at `ticket`: it tells nothing where anything was
  /// learnt since.
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

  mutating func markLarge(_ location: DirectoryLocation, isBeyondMemory: Bool = false) {
    let state = directories.get(location) ?? KnownDirectory()
    state.isLarge = true
    state.isBeyondMemory = isBeyondMemory
    put(state, at: location)
  }

  /// Notes what one question about a name brought, asked at `ticket`.
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

  /// A fresh fact about an object (HEAD or GET); the directory of the same name stays as it is known.
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
    // A marker is the directory's own, not a name in it.
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

import S3

/// Changes made by this process, and what they invalidate.
extension DirectoryCache {
  /// Notes that this process wrote or (nil) deleted an object.
  /// - Parameter horizon: of what is known of the directories above.
  mutating func note(_ object: ObjectFacts?, at reference: ObjectReference, within horizon: Horizon) {
    let (location, segment) = reference.parent
    if segment.isEmpty { noteMarker(object, of: location) }
    if object != nil {
      noteDirectories(above: location, within: horizon)
      local.release(location, asOf: sequence)
    }
    if !segment.isEmpty { change(segment, of: location) { $0.object = (object, $1) } }
  }

  private mutating func noteMarker(_ facts: ObjectFacts?, of location: DirectoryLocation) {
    sequence += 1
    changes += 1
    let state = directories.get(location) ?? KnownDirectory()
    state.listing?.marker = facts
    state.ownMarker = (facts, sequence)
    put(state, at: location)
  }

  /// Notes that a directory exists from now on, or does not.
  mutating func note(directory location: DirectoryLocation, exists: Bool, within horizon: Horizon) {
    if !exists {
      forget(below: location)
      local.forget(below: location)
      times.forget(.directory(location))
    }
    guard let (parent, segment) = location.parent else { return }
    if exists { noteDirectories(above: parent, within: horizon) }
    change(segment, of: parent) { $0.directory = (exists, $1) }
  }

  private mutating func noteDirectories(above location: DirectoryLocation, within horizon: Horizon) {
    var location = location
    while let (parent, segment) = location.parent {
      if let known = remoteChild(segment, of: parent, within: horizon), known.child.isDirectory { return }
      if let at = directories.get(parent)?.directories[segment], horizon.reaches(at) { return }
      change(segment, of: parent) { $0.directory = (true, $1) }
      location = parent
    }
  }

  private mutating func change(
    _ segment: ByteName, of location: DirectoryLocation, _ body: (inout KnownDirectory.OwnChange, UInt64) -> Void
  ) {
    sequence += 1
    changes += 1
    let existed = exists(segment, of: location)
    let known = remembered(segment, of: location)
    let state = directories.get(location) ?? KnownDirectory()
    var change = state.ownChanges[segment] ?? KnownDirectory.OwnChange()
    body(&change, sequence)
    state.ownChanges[segment] = change
    if change.directory?.exists == false { state.directories[segment] = nil }
    // Where nothing was known of the name, its other half (object or directory) is still unknown.
    if var known {
      change.apply(to: &known.child, after: sequence - 1)
      state.listing?.set(segment, to: known.child)
      state.points[segment] = known
    } else if let object = change.object, let known = state.objects[segment] {
      state.objects[segment] = (object.facts, known.at)
    }
    put(state, at: location)
    touch(location, unless: existed, is: segment)
    forgetContinuations(of: location.object(segment))
  }

  /// Forgets the directories that continue a long name: each is listed separately, and a change of the name is not
  /// patched in there.
  private mutating func forgetContinuations(of reference: ObjectReference) {
    for inside in continuations where inside.bucket == reference.bucket && reference.key.hasPrefix(inside.prefix) {
      continuations.remove(inside)
      directories.remove(inside)
      dropped.note(inside, at: sequence)
    }
  }

  /// Returns what was last learnt of a name, however long ago.
  private func remembered(_ segment: ByteName, of location: DirectoryLocation) -> (child: Child, at: Learned)? {
    guard let state = directories.peek(location) else { return nil }
    let listed = state.listing.flatMap { listing in
      listing.listedAt.map { (child: listing.children[segment] ?? Child(), at: $0) }
    }
    return Self.later(listed, Self.later(state.points[segment], state.listedAlone(segment)))
  }

  private static func later(
    _ first: (child: Child, at: Learned)?, _ second: (child: Child, at: Learned)?
  ) -> (child: Child, at: Learned)? {
    guard let first, let second else { return first ?? second }
    return first.at.requested > second.at.requested ? first : second
  }

  /// Returns the facts of an object when it was last looked up, however long ago.
  func lastKnown(objectAt reference: ObjectReference) -> ObjectFacts? {
    lastKnown(reference.parent.segment, of: reference.parent.location)?.object
      ?? directories.peek(reference.parent.location)?.objects[reference.parent.segment]?.facts
  }

  /// Returns whether a name was a directory when it was last looked up, however long ago.
  func wasDirectory(_ segment: ByteName, of location: DirectoryLocation) -> Bool {
    if let local = local.name(segment, of: location) { return local == .directory }
    return lastKnown(segment, of: location)?.isDirectory ?? false
  }

  // MARK: Times

  /// Returns whether a name exists in a directory, as last learnt; nil if nothing was ever learnt.
  func exists(_ segment: ByteName, of location: DirectoryLocation) -> Bool? {
    if local.name(segment, of: location) != nil { return true }
    guard let known = lastKnown(segment, of: location) else { return nil }
    return local.isRemoved(segment, of: location) ? known.isDirectory : known.exists
  }

  /// Returns what was last learnt of a name, with own changes since; nil if nothing was ever learnt.
  func lastKnown(_ segment: ByteName, of location: DirectoryLocation) -> Child? {
    let known = remembered(segment, of: location)?.child
    guard let own = directories.peek(location)?.ownChanges[segment] else { return known }
    var changed = known ?? Child()
    own.apply(to: &changed, after: 0)
    return changed
  }

  /// Drops everything that is known at and below a directory; it will be requested again.
  mutating func forget(below location: DirectoryLocation) {
    for key in directories.keys where location.contains(key) { directories.remove(key) }
    sequence += 1
    dropped.note(location, at: sequence)
  }

  /// Invalidates what is known of a directory's names; own changes stay known.
  mutating func outdate(_ location: DirectoryLocation) {
    guard let state = directories.peek(location) else { return }
    changes += 1
    state.listing = nil
    state.forgetNames()
    put(state, at: location)
  }
}

/// Records which directories were recently dropped from the cache. The answer to a request that was sent before may not
/// show what this process changed there.
struct DroppedDirectories {
  private var forgotten: [(location: DirectoryLocation, sequence: UInt64)] = []
  private static let most = 64
  /// When something was last dropped to make room, in any directory.
  var evicted: UInt64 = 0

  mutating func note(_ location: DirectoryLocation, at sequence: UInt64) {
    forgotten.append((location, sequence))
    if forgotten.count > Self.most { forgotten.removeFirst() }
  }

  /// Returns whether a directory was dropped after `sequence`.
  func contains(_ location: DirectoryLocation, since sequence: UInt64) -> Bool {
    forgotten.contains { $0.sequence > sequence && $0.location.contains(location) }
  }
}

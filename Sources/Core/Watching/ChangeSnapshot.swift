import S3

/// The last known state of a watched place. Pure: it takes listings and own changes, and returns what is new in them.
struct ChangeSnapshot: Sendable {
  private struct Known: Sendable {
    /// nil for a directory that other keys imply, and for a bucket.
    var facts: ObjectFacts?

    func differs(from listed: ObjectFacts?) -> Bool {
      guard let facts, let listed else { return false }
      return facts.size != listed.size || !facts.version.isSame(as: listed.version)
    }
  }

  private let scope: WatchScope
  private var known: [ObjectKey: Known]
  /// Own changes since the listing in flight was requested: it may not show them.
  private var since: [ObjectKey: ObjectFacts?]?
  /// Names that the mount changed where only a listing shows the outcome: such differences are attributed to the mount.
  private var touched = Touched()
  /// The part of `touched` that the listing in flight shows for certain.
  private var touchedBefore = Touched()

  private struct Touched {
    var names: Set<ObjectKey> = []
    var isAll = false

    func contains(_ name: ObjectKey) -> Bool { isAll || names.contains(name) }
  }

  init(_ scope: WatchScope, _ listing: [ObjectKey: ObjectFacts?]) {
    self.scope = scope
    known = listing.mapValues { Known(facts: $0) }
  }

  /// Prepares for a listing that is about to be requested.
  mutating func expectListing() {
    since = [:]
    touchedBefore.names.formUnion(touched.names)
    touchedBefore.isAll = touchedBefore.isAll || touched.isAll
    touched = Touched()
  }

  /// Notes that this process changed things at and below a prefix; a listing will show them.
  mutating func touch(below prefix: ObjectKey, origin: ChangeOrigin) {
    guard origin == .mount else { return }
    if scope.isOfAll || scope.prefix.hasPrefix(prefix) {
      touched.isAll = true
    } else if let name = scope.name(of: ObjectReference(bucket: scope.bucket, key: prefix)) {
      touched.names.insert(name)
    }
  }

  /// Installs a listing. Returns what other clients changed since the last one.
  mutating func install(_ listing: [ObjectKey: ObjectFacts?]) -> [ObjectChange] {
    let own = since ?? [:]
    since = nil
    defer { touchedBefore = Touched() }
    var changes: [ObjectChange] = []
    for (name, facts) in listing where own[name] == nil {
      let before = known[name]
      if before.map({ $0.differs(from: facts) }) ?? true {
        changes.append(change(before == nil ? .created : .changed, name, facts))
      }
      known[name] = Known(facts: facts)
    }
    for name in known.keys where listing[name] == nil && own[name] == nil {
      known[name] = nil
      changes.append(change(.deleted, name, nil))
    }
    return changes.sorted { $0.path.key < $1.path.key }
  }

  /// Notes that this process wrote an object (or, with nil, deleted it).
  mutating func own(
    _ facts: ObjectFacts?, at reference: ObjectReference, origin: ChangeOrigin = .elsewhere
  ) -> OwnChange {
    guard let name = scope.name(of: reference) else { return .unseen }
    let isImplied = name != reference.key || name.string.utf8.last == UInt8(ascii: "/") && !scope.isDeep
    // Whether a directory disappears with its last object, only a listing shows.
    if isImplied && facts == nil {
      if origin == .mount { touched.names.insert(name) }
      return .unknown
    }
    let shown = isImplied ? nil : facts
    since?[name] = .some(shown)
    let before = known[name]
    guard facts != nil else {
      known[name] = nil
      return before == nil ? .unseen : .change(change(.deleted, name, nil, origin))
    }
    known[name] = Known(facts: shown)
    guard let before else { return .change(change(.created, name, shown, origin)) }
    // An own write is a change, even where only the time differs.
    return before.facts != shown ? .change(change(.changed, name, shown, origin)) : .unseen
  }

  /// The effect of an own change on this place.
  enum OwnChange: Equatable {
    case unseen
    case change(ObjectChange)
    /// Only a new listing shows the effect.
    case unknown
  }

  private func change(
    _ kind: ObjectChange.Kind, _ name: ObjectKey, _ facts: ObjectFacts?, _ origin: ChangeOrigin? = nil
  ) -> ObjectChange {
    let isOfMount = touched.contains(name) || touchedBefore.contains(name)
    return ObjectChange(
      kind: kind, path: scope.path(of: name), size: facts?.size, modified: facts?.lastModified, etag: facts?.etag,
      origin: origin ?? (isOfMount ? .mount : .elsewhere))
  }
}

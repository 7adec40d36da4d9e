import S3

/// What a watched place showed last. Pure: it is given listings and own changes, and tells what is new in them.
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
  /// Own changes since the listing under way was asked for: it may not have seen them.
  private var since: [ObjectKey: ObjectFacts?]?
  /// Where the mount changed what only a listing tells: such differences are the mount's.
  private var touched = Touched()
  /// The part of it that the listing under way has seen for certain.
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

  /// A listing is about to be asked for.
  mutating func expectListing() {
    since = [:]
    touchedBefore.names.formUnion(touched.names)
    touchedBefore.isAll = touchedBefore.isAll || touched.isAll
    touched = Touched()
  }

  /// This process changed things at and below a prefix, of which a listing will tell.
  mutating func touch(below prefix: ObjectKey, origin: ChangeOrigin) {
    guard origin == .mount else { return }
    if scope.isOfAll || scope.prefix.hasPrefix(prefix) {
      touched.isAll = true
    } else if let name = scope.name(of: ObjectReference(bucket: scope.bucket, key: prefix)) {
      touched.names.insert(name)
    }
  }

  /// The listing came: what others changed since the last one.
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

  /// This process wrote an object (or, with nil, deleted it).
  mutating func own(
    _ facts: ObjectFacts?, at reference: ObjectReference, origin: ChangeOrigin = .elsewhere
  ) -> OwnChange {
    guard let name = scope.name(of: reference) else { return .unseen }
    let isImplied = name != reference.key || name.string.utf8.last == UInt8(ascii: "/") && !scope.isDeep
    // Whether a directory goes with its last object, only a listing tells.
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
    // An own write is a change, also where only a time would tell it.
    return before.facts != shown ? .change(change(.changed, name, shown, origin)) : .unseen
  }

  /// What an own change means here.
  enum OwnChange: Equatable {
    case unseen
    case change(ObjectChange)
    /// List again.
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

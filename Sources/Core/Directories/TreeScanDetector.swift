import S3

/// Detects that the directories of one parent are requested one after the other, so that a page of the keys below the
/// parent covers more of them than a listing of the next one would. Pure.
///
/// In order, as `find` lists them, such a page begins at the next directory and costs no more than its listing. In any
/// order, as programs open files, it begins at the first key of the parent. And where one directory is listed inside
/// the other, several times, a page of all keys below the next costs no more than its listing, if it holds them all. A
/// page that did not hold even the directory that it was made for was a wasted request: twice as many directories must
/// come before the next is tried.
struct TreeScanDetector {
  typealias Instant = ContinuousClock.Instant

  /// The cause of a request: a listing of the directory, or the lookup of one name in it.
  enum Cause { case listing, lookup }

  /// A page of keys, without delimiter, that will probably hold the answer.
  struct Page {
    enum Kind: Equatable {
      case inOrder, inAnyOrder
      case downwards(Cause)
    }

    /// The directory whose keys it lists.
    var parent: DirectoryLocation
    var kind: Kind
    /// Whether it begins at the first key, not at the directory that was requested.
    var fromFirst: Bool { kind != .inOrder }
  }

  private struct Walk {
    var inOrder: InOrder
    var inAnyOrder: InAnyOrder
  }

  private struct InOrder {
    var last: ObjectKey
    var at: Instant
    var steps = 0
    var needed = 2

    /// Continues the walk if the directory is the next of it, and returns whether it is. After a long pause it is not:
    /// what is listed ahead would be stale when it is needed.
    mutating func goesOn(to prefix: ObjectKey, now: Instant, pause: Duration) -> Bool {
      let isNext = steps > 0 && last < prefix && now - at < pause
      steps = isNext ? steps + 1 : 1
      (last, at) = (prefix, now)
      return isNext
    }

    mutating func wasInVain() { (steps, needed) = (0, min(needed * 2, TreeScanDetector.mostNeeded)) }
  }

  /// Directories requested within a window as long as answers last, so that none is counted twice.
  private struct InAnyOrder {
    var began: Instant
    var visits = 0
    var needed = 6
    /// Whether a page was worth it, in this window and shortly before.
    var isWorthwhile = false
    var wasWorthwhile = false

    /// Whether enough directories were visited for a page: fewer are needed while pages are worth it.
    var isEnough: Bool { visits >= (wasWorthwhile ? 3 : needed) }

    mutating func visit(now: Instant, window: Duration) {
      if now - began >= window {
        wasWorthwhile = isWorthwhile && now - began < window * 2
        (began, visits, isWorthwhile) = (now, 0, false)
      }
      visits += 1
    }

    mutating func wasOfUse(now: Instant) { (began, visits, isWorthwhile) = (now, 0, true) }

    mutating func wasInVain() {
      (visits, needed, wasWorthwhile) = (0, min(needed * 2, TreeScanDetector.mostNeeded), false)
    }
  }

  /// Directories that are each requested inside the one before.
  private struct Descent {
    var last: DirectoryLocation
    var steps = 1
    var needed: Int

    /// Begins a descent. A path is a descent of lookups, and mostly a short one; a listing of a directory that a
    /// listing just showed is a walk.
    init(from location: DirectoryLocation, for cause: Cause) {
      last = location
      needed = cause == .listing ? 3 : 8
    }

    mutating func goesOn(to location: DirectoryLocation) -> Bool {
      steps = location.parent?.location == last ? steps + 1 : 1
      last = location
      return steps >= needed
    }

    mutating func wasInVain() { (steps, needed) = (1, min(needed * 2, TreeScanDetector.mostNeeded)) }
  }

  private struct DescentKey: Hashable {
    let bucket: String
    let cause: Cause
  }

  private static let mostNeeded = 1024

  /// How long answers are valid.
  private let ttl: Duration
  private var walks = LRUCache<DirectoryLocation, Walk>(capacity: 256)
  private var descents = LRUCache<DescentKey, Descent>(capacity: 256)

  init(ttl: Duration) { self.ttl = ttl }

  /// Records that a directory must be listed. Returns a page that is better than its listing.
  mutating func step(to location: DirectoryLocation, for cause: Cause, now: Instant) -> Page? {
    guard location.continuation == 0, let parent = location.parent?.location else { return nil }
    var walk =
      walks.get(parent)
      ?? Walk(inOrder: InOrder(last: location.prefix, at: now), inAnyOrder: InAnyOrder(began: now))
    defer { _ = walks.set(parent, walk) }
    let descends = self.descends(to: location, for: cause)
    if cause == .listing, walk.inOrder.goesOn(to: location.prefix, now: now, pause: ttl) {
      return walk.inOrder.steps >= walk.inOrder.needed ? Page(parent: parent, kind: .inOrder) : nil
    }
    walk.inAnyOrder.visit(now: now, window: ttl)
    if walk.inAnyOrder.isEnough { return Page(parent: parent, kind: .inAnyOrder) }
    return descends ? Page(parent: location, kind: .downwards(cause)) : nil
  }

  private mutating func descends(to location: DirectoryLocation, for cause: Cause) -> Bool {
    let key = DescentKey(bucket: location.bucket, cause: cause)
    var descent = descents.get(key) ?? Descent(from: location, for: cause)
    defer { _ = descents.set(key, descent) }
    return descent.goesOn(to: location)
  }

  /// Records that a page held the directory that it was made for.
  mutating func wasOfUse(_ page: Page, now: Instant) {
    if page.kind == .inAnyOrder { change(page.parent) { $0.inAnyOrder.wasOfUse(now: now) } }
  }

  /// Records that a page held neither that directory nor many others.
  mutating func wasInVain(_ page: Page) {
    switch page.kind {
    case .inOrder: change(page.parent) { $0.inOrder.wasInVain() }
    case .inAnyOrder: change(page.parent) { $0.inAnyOrder.wasInVain() }
    case .downwards(let cause):
      let key = DescentKey(bucket: page.parent.bucket, cause: cause)
      guard var descent = descents.get(key) else { return }
      descent.wasInVain()
      _ = descents.set(key, descent)
    }
  }

  private mutating func change(_ parent: DirectoryLocation, _ body: (inout Walk) -> Void) {
    guard var walk = walks.get(parent) else { return }
    body(&walk)
    _ = walks.set(parent, walk)
  }
}

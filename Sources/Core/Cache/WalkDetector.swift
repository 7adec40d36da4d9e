import S3

/// Notices that the directories of one parent are listed one after the other, as `find` does. Pure.
///
/// A listing of the keys behind them then costs no more than the listing of the next directory would, and answers for
/// the directories after it too. Where it did not hold even the next directory, it was a wasted request: the same parent
/// must be walked twice as far before another one is tried.
struct WalkDetector {
  typealias Instant = ContinuousClock.Instant

  private struct Walk {
    var last: ObjectKey
    var at: Instant
    var steps = 1
    var stepsNeeded = WalkDetector.firstStepsNeeded
  }

  static let firstStepsNeeded = 2
  static let mostStepsNeeded = 1024

  /// Longer between two steps, and what is listed ahead would be too old when it is wanted.
  private let pause: Duration
  private var walks = LRUCache<DirectoryLocation, Walk>(capacity: 256)

  init(pause: Duration) { self.pause = pause }

  /// Takes note that a directory must be listed. Returns the directory above it if a walk through that is under way.
  mutating func step(to location: DirectoryLocation, now: Instant) -> DirectoryLocation? {
    guard location.continuation == 0, let parent = location.parent?.location else { return nil }
    var walk = walks.get(parent) ?? Walk(last: location.prefix, at: now, steps: 0)
    let goesOn = walk.steps == 0 || (walk.last < location.prefix && now - walk.at < pause)
    walk.steps = goesOn ? walk.steps + 1 : 1
    walk.last = location.prefix
    walk.at = now
    _ = walks.set(parent, walk)
    return walk.steps >= walk.stepsNeeded ? parent : nil
  }

  /// A flat listing below `parent` did not hold the whole of the directory that it was made for.
  mutating func wasInVain(below parent: DirectoryLocation) {
    guard var walk = walks.get(parent) else { return }
    walk.stepsNeeded = min(walk.stepsNeeded * 2, Self.mostStepsNeeded)
    walk.steps = 0
    _ = walks.set(parent, walk)
  }
}

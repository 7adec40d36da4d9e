import Synchronization

/// The hits and misses of a cache since the start.
public struct CacheUse: Hashable, Sendable {
  public var hits: Int
  public var misses: Int
}

/// Counts the hits and misses of one cache. Never blocks.
final class CacheCounter: Sendable {
  private let hits = Atomic(0)
  private let misses = Atomic(0)

  var use: CacheUse {
    CacheUse(hits: hits.load(ordering: .relaxed), misses: misses.load(ordering: .relaxed))
  }

  func hit(_ count: Int = 1) { hits.add(count, ordering: .relaxed) }
  func miss(_ count: Int = 1) { misses.add(count, ordering: .relaxed) }
}

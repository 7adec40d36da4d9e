import Synchronization

/// How often a cache had what it was asked for, since the start.
public struct CacheUse: Hashable, Sendable {
  public var hits: Int
  public var misses: Int
}

/// Counts the uses of one cache. Never blocks.
final class CacheCounter: Sendable {
  private let hits = Atomic(0)
  private let misses = Atomic(0)

  var use: CacheUse {
    CacheUse(hits: hits.load(ordering: .relaxed), misses: misses.load(ordering: .relaxed))
  }

  func hit(_ count: Int = 1) { hits.add(count, ordering: .relaxed) }
  func miss(_ count: Int = 1) { misses.add(count, ordering: .relaxed) }
}

/// The uses of all caches.
public struct CacheUses: Hashable, Sendable {
  /// Questions about what is in a directory; a miss asks S3.
  public var listings: CacheUse
  /// Questions about an object's headers.
  public var headers: CacheUse
  /// Blocks of objects' bytes; a miss is one that was fetched.
  public var contents: CacheUse
}

extension FileSystem {
  /// Cost: no request.
  public func cacheUses() -> CacheUses {
    CacheUses(listings: listingUse.use, headers: headerUse.use, contents: contents.use.use)
  }
}

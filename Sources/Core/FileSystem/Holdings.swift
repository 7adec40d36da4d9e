import S3
import Synchronization

/// The memory and disk space that the file system uses now: for metrics, and for tests that check for leaks.
public struct Holdings: Hashable, Sendable {
  /// Inodes that the kernel knows, or that are open or unsaved.
  public var inodes: Int
  public var openFiles: Int
  /// Files whose last upload failed.
  public var unsavedFiles: Int
  /// Names of all remembered listings.
  public var listedNames: Int
  /// Objects whose headers are remembered.
  public var rememberedHeaders: Int
  /// The memory of listings, remembered headers and inodes, about.
  public var nameBytes: Int64
  /// Objects' bytes in memory.
  public var cachedBytes: Int
  /// Unsaved bytes in memory.
  public var unsavedBytes: Int64
  /// The size of the spool, on disk.
  public var spoolBytes: Int64
  /// Objects' bytes on disk.
  public var keptBytes: Int64
}

extension FileSystem {
  /// Returns the current resource usage. Cost: no request.
  public func holdings() -> Holdings {
    Holdings(
      inodes: inodes.table.withLock { $0.count }, openFiles: inodes.handles.withLock { $0.openFiles },
      unsavedFiles: held.unsaved.withLock { $0.count }, listedNames: knowledge.directories.withLock { $0.count },
      rememberedHeaders: knowledge.metadata.withLock { $0.count }, nameBytes: knowledge.nameMemory.used,
      cachedBytes: cache.heldBytes,
      unsavedBytes: spool.memory.used, spoolBytes: spool.disk.used,
      keptBytes: cache.kept?.heldBytes ?? 0)
  }
}

/// The hits and misses of all caches.
public struct CacheUses: Hashable, Sendable {
  /// Queries of a directory's contents; a miss sends a request to S3.
  public var listings: CacheUse
  /// Queries of an object's headers.
  public var headers: CacheUse
  /// Blocks of objects' bytes; a miss is one that was fetched.
  public var contents: CacheUse
}

extension FileSystem {
  /// Returns the hits and misses of all caches. Cost: no request.
  public func cacheUses() -> CacheUses {
    CacheUses(listings: knowledge.listingUse.use, headers: knowledge.headerUse.use, contents: cache.use.use)
  }
}

extension FileSystem {
  /// Checks whether S3 answers at all: any answer but a server's failure will do. Throws the reason if it does not;
  /// soon after the task is cancelled. Cost: one HeadBucket, of a bucket that need not exist.
  public func checkEndpoint() async throws(FileSystemError) {
    do throws(S3Error) {
      try await store.headBucket(options.buckets.first?.bucket ?? "localstackmount-health")
    } catch {
      guard error.code == .noSuchBucket || 400..<500 ~= error.status ?? 0 else { throw FileSystemError(error) }
    }
  }
}

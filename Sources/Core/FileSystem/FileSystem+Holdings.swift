import Synchronization

/// What the file system holds in memory and on disk now: for metrics, and for tests that watch for leaks.
public struct Holdings: Hashable, Sendable {
  /// That the kernel knows, or that are open or unsaved.
  public var inodes: Int
  public var openFiles: Int
  /// Files whose last upload failed.
  public var unsavedFiles: Int
  /// Names of all remembered listings.
  public var listedNames: Int
  /// Objects whose headers are remembered.
  public var rememberedHeaders: Int
  /// What listings, remembered headers and inodes take in memory, about.
  public var nameBytes: Int64
  /// Objects' bytes in memory.
  public var cachedBytes: Int
  /// Unsaved bytes in memory.
  public var unsavedBytes: Int64
  /// Of the spool, on disk.
  public var spoolBytes: Int64
  /// Objects' bytes on disk.
  public var keptBytes: Int64
}

extension FileSystem {
  /// Cost: no request.
  public func holdings() -> Holdings {
    Holdings(
      inodes: inodes.withLock { $0.count }, openFiles: handles.withLock { $0.openFiles },
      unsavedFiles: unsaved.withLock { $0.count }, listedNames: directories.withLock { $0.count },
      rememberedHeaders: metadata.withLock { $0.count }, nameBytes: nameMemory.used, cachedBytes: contents.heldBytes,
      unsavedBytes: spool.memory.used, spoolBytes: spool.disk.used,
      keptBytes: contents.kept?.heldBytes ?? 0)
  }
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

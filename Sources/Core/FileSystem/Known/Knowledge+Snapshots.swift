import Keys
import S3
import Synchronization

extension Knowledge {
  func snapshot(of location: DirectoryLocation) async throws(FileSystemError) -> DirectorySnapshot {
    if let snapshot = try snapshotNow(of: location) { return snapshot }
    let before = directories.withLock { Before($0, location) }
    return try snapshot(of: location, from: try await listing(of: location), before)
  }

  /// The limit for sorting at once; larger directories are sorted where there is time for it.
  private static var smallDirectory: Int { 512 }

  /// The state of the cache before a listing was taken from it.
  private struct Before {
    let revision: UInt64
    /// The files that only this process had. One that is saved since is in a later listing, not in this one.
    let newFiles: [ByteName]

    init(_ cache: DirectoryCache, _ location: DirectoryLocation) {
      (revision, newFiles) = (cache.revision, cache.local.newFiles(in: location))
    }
  }

  func snapshotNow(of location: DirectoryLocation) throws(FileSystemError) -> DirectorySnapshot? {
    let (known, before) = directories.withLock { cache in
      (cache.listingMark(of: location, within: horizon), Before(cache, location))
    }
    guard let known else { return nil }
    if let snapshot = snapshots.withLock({ $0.get(location) }),
      snapshot.origin == .init(listing: known.number, revision: before.revision)
    {
      listingUse.hit()
      return snapshot
    }
    guard known.children <= Self.smallDirectory,
      let listing = directories.withLock({ $0.listing(of: location, within: horizon) })
    else { return nil }
    listingUse.hit()
    return try snapshot(of: location, from: listing, before)
  }

  private func snapshot(
    of location: DirectoryLocation, from listing: DirectoryListing, _ before: Before
  ) throws(FileSystemError) -> DirectorySnapshot {
    let share = BudgetShare(of: nameMemory)
    try take(listing.children.count * MemoryLayout<ListedName>.stride, for: share, of: location)
    let snapshot = DirectorySnapshot(
      of: location, entries: names(of: listing, in: location, newBefore: before.newFiles), learnedAt: learned(listing),
      origin: .init(listing: listing.number, revision: before.revision), share: share)
    snapshots.withLock { _ = $0.set(location, snapshot, cost: 1 + snapshot.entries.count) }
    return snapshot
  }

  /// Returns everything in a directory by its name, unordered.
  /// - Parameter newBefore: files that only this process had before the listing was taken.
  func names(
    of listing: DirectoryListing, in location: DirectoryLocation, newBefore: [ByteName] = []
  ) -> [ListedName] {
    var names: [ListedName] = []
    names.reserveCapacity(listing.children.count)
    var continuations: Set<ByteName> = []
    for (segment, child) in listing.children {
      if child.isDirectory { add(segment, isShadowed: false, .directory, nil) }
      if let facts = child.object { add(segment, isShadowed: child.isDirectory, .object, facts) }
    }
    if let marker = listing.marker, marker.size > 0, location.continuation == 0 {
      add("", isShadowed: true, .marker, marker)
    }
    let here = directories.withLock { cache in
      Set(cache.local.newFiles(in: location)).union(newBefore.filter { cache.exists($0, of: location) == true })
    }
    for segment in here where listing.children[segment]?.exists != true {
      add(segment, isShadowed: false, .object, nil)
    }
    return names

    func add(_ segment: ByteName, isShadowed: Bool, _ kind: ListedName.Kind, _ facts: ObjectFacts?) {
      guard let path = location.names(of: segment.string, isShadowedObject: isShadowed), let name = path.first else {
        return
      }
      if path.count == 1 {
        names.append(ListedName(name: name, kind: kind, segment: segment, facts: facts))
      } else if continuations.insert(ByteName(name)).inserted,
        case .continuation(let chunk)? = try? KeyMapping.parse(name)
      {
        names.append(ListedName(name: name, kind: .continuation, segment: ByteName(chunk)))
      }
    }
  }
}

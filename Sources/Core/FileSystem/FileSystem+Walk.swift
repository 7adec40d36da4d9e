import S3
import Synchronization

// A walk through a tree, answered from listings without delimiter.

extension FileSystem {
  /// If the directories of one parent are being listed one after the other: one page of all keys from this directory on,
  /// which answers for every directory that it holds whole. nil: list the directory by itself. Cost: 0, or one LIST.
  func listWalk(at location: DirectoryLocation) async -> DirectoryListing? {
    let requestedAt = time.now()
    guard let parent = walks.withLock({ $0.step(to: location, now: requestedAt) }) else { return nil }
    let ticket = directories.withLock { $0.ticket() }
    // The directory's keys follow the object of the same name, and so do only whole directories before them ("a-/").
    let before = ObjectKey(String(decoding: location.prefix.string.utf8.dropLast(), as: UTF8.self))
    let request = ListRequest(bucket: location.bucket, prefix: parent.prefix, delimiter: nil, startAfter: before)
    // An error is told by the listing that follows.
    guard let page = try? await store.listObjects(request) else { return nil }
    let known = FlatPage(page, below: parent).directories
    let now = time.now()
    directories.withLock { cache in
      for (other, listing) in known where other != location {
        cache.installUnasked(listing, of: other, ticket: ticket, requestedAt: requestedAt, now: now)
      }
    }
    // A directory without a key is not taken for empty: not every server orders keys by their bytes.
    guard let listing = known[location] else {
      walks.withLock { $0.wasInVain(below: parent) }
      return nil
    }
    return directories.withLock { $0.install(listing, of: location, ticket: ticket, now: now) }
  }
}

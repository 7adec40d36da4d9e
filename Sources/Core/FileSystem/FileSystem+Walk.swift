import S3
import Synchronization

// A walk through a tree, answered from listings without delimiter.

extension FileSystem {
  /// So many directories that a page answers for make it worth its request.
  private static let worthAPage = 8

  /// A text shortly before the keys of a directory, and between those of its neighbours. Before the object of the same
  /// name, where that is simple: SeaweedFS takes that for the directory, and begins behind it.
  static func point(before location: DirectoryLocation) -> ObjectKey {
    var bytes = Array(location.prefix.string.utf8.dropLast())
    // "/", before "0", would be within another directory.
    if let last = bytes.last, last > UInt8(ascii: "!"), last < 0x7F, last != UInt8(ascii: "0") {
      bytes[bytes.count - 1] = last - 1
      bytes.append(UInt8(ascii: "~"))
    }
    // The keys follow the object of the same name, and so do only whole directories before them ("a-/").
    return ObjectKey(String(decoding: bytes, as: UTF8.self))
  }

  /// If the directories of one parent are being listed one after the other: one page of all keys from this directory on,
  /// which answers for every directory that it holds whole. nil: list the directory by itself. Cost: 0, or one LIST.
  func listWalk(at location: DirectoryLocation) async -> DirectoryListing? {
    let requestedAt = time.now()
    guard let parent = walks.withLock({ $0.step(to: location, now: requestedAt) }) else { return nil }
    let ticket = directories.withLock { $0.ticket() }
    let request = ListRequest(
      bucket: location.bucket, prefix: parent.prefix, delimiter: nil, startAfter: Self.point(before: location))
    // An error is told by the listing that follows.
    guard let page = try? await store.listObjects(request) else { return nil }
    let known = FlatPage(page, below: parent).directories
    let now = time.now()
    directories.withLock { cache in
      for (other, listing) in known where other != location {
        cache.installUnasked(listing, of: other, ticket: ticket, requestedAt: requestedAt, now: now)
      }
    }
    // A directory without a key is not taken for empty: not every server orders keys by their bytes. The page may
    // answer for those that come next all the same.
    guard let listing = known[location] else {
      if known.count < Self.worthAPage { walks.withLock { $0.wasInVain(below: parent) } }
      return nil
    }
    return directories.withLock { $0.install(listing, of: location, ticket: ticket, now: now) }
  }
}

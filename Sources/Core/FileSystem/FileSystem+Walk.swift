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

  /// If many directories of one parent are being asked for: one page of the keys below it, which answers for every
  /// directory that it holds whole. nil: list the directory by itself. Throws where S3 does not answer. Cost: 0, or one
  /// LIST.
  func listWalk(
    at location: DirectoryLocation, for cause: WalkDetector.Cause
  ) async throws(FileSystemError) -> DirectoryListing? {
    guard let page = walks.withLock({ $0.step(to: location, for: cause, now: time.now()) }) else { return nil }
    guard page.fromFirst else { return try await learn(page, for: location) }
    // Others who walk below the parent meanwhile wait for the same page.
    try await share(walkPages, page.parent) { () async throws(FileSystemError) in
      _ = try await self.learn(page, for: location)
    }
    return directories.withLock { $0.listing(of: location, within: horizon) }
  }

  /// Asks for a page and installs what it tells of directories; nil if it does not tell of the one it was made for.
  private func learn(
    _ page: WalkDetector.Page, for location: DirectoryLocation
  ) async throws(FileSystemError) -> DirectoryListing? {
    let request = ListRequest(
      bucket: location.bucket, prefix: page.parent.prefix, delimiter: nil,
      startAfter: page.fromFirst ? nil : Self.point(before: location))
    let ticket = directories.withLock { $0.ticket(now: time.now()) }
    let objects: ListPage
    do throws(S3Error) { objects = try await store.listObjects(request) } catch {
      guard !error.isWithoutAnswer else { throw FileSystemError(error) }
      // Not every policy allows a listing without delimiter.
      walks.withLock { $0.wasInVain(page) }
      return nil
    }
    noteAnswer(of: location, ticket, now: time.now())
    let known = FlatPage(objects, below: page.parent, fromFirst: page.fromFirst).directories
    let now = time.now()
    directories.withLock { cache in
      for (other, listing) in known where other != location {
        cache.installUnasked(listing, of: other, ticket: ticket, now: now)
      }
    }
    // A directory without a key is not taken for empty: not every server orders keys by their bytes. The page may
    // answer for those that come next in order all the same.
    guard let listing = known[location] else {
      let answersForNext = !page.fromFirst && known.count >= Self.worthAPage
      if !answersForNext { walks.withLock { $0.wasInVain(page) } }
      return nil
    }
    walks.withLock { $0.wasOfUse(page, now: now) }
    return directories.withLock { $0.install(listing, of: location, ticket: ticket, now: now) }
  }
}

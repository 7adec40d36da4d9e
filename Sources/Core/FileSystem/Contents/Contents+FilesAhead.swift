import S3
import Synchronization

// Without a ttl: files that are opened one after the other are prefetched.

extension Contents {
  /// Prefetches the small files that come next after a file that is about to be opened and read, if it is part of a
  /// walk through its directory. With a ttl that would gain nothing: each open sends a request then. Cost: a GET for
  /// each file that was not in memory, which saves that of its open.
  func fetchFiles(after reference: ObjectReference) {
    guard options.ttl == nil else { return }
    let (location, segment) = reference.parent
    guard let snapshot = knowledge.snapshots.withLock({ $0.get(location) }) else { return sort(location) }
    guard let position = snapshot.position(of: segment) else { return }
    for next in snapshot.walk.withLock({ $0.step(to: position, of: snapshot.entries.count) }) {
      let entry = snapshot.entries[next]
      guard entry.kind == .object, let facts = entry.facts else { continue }
      fetchAhead(location.object(entry.segment), facts)
    }
  }

  private func fetchAhead(_ reference: ObjectReference, _ facts: ObjectFacts) {
    guard (1...ContentCache.firstFetch).contains(facts.size),
      inodes.table.withLock({ $0[.object(reference)]?.content == nil }),
      !cache.holdsStart(of: .init(reference: reference, etag: facts.etag))
    else { return }
    Task(executorPreference: briefExecutor) { _ = try? await self.fetchStartOnce(of: reference) }
  }

  /// Fetches the first bytes of an object; an open of the file meanwhile shares the request.
  func fetchStartOnce(of reference: ObjectReference) async throws(FileSystemError) -> ObjectHead {
    try await knowledge.share(starts, reference) { () async throws(FileSystemError) in
      try await self.fetchStart(of: reference)
    }
  }

  /// Sorts the names of a directory that has not been read yet, for the next open.
  private func sort(_ location: DirectoryLocation) {
    let known = knowledge.directories.withLock { $0.listingMark(of: location, within: horizon) }
    guard let known, known.children <= Knowledge.mostNamesLookedThrough else { return }
    Task { _ = try? await self.knowledge.snapshot(of: location) }
  }
}

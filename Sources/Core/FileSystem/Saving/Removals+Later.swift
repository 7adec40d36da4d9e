import Keys
import Logging
import S3
import Synchronization

// Deletions that are answered before S3 has done them (--write-back): many go in one request.

extension Removals {
  /// Hides an object that nothing here holds open, and deletes it soon. Returns false if it must be deleted now: without
  /// `--write-back`, where its version is not known, or if that cannot be recorded.
  func deleteLater(_ reference: ObjectReference) async throws(FileSystemError) -> Bool {
    let (location, segment) = reference.parent
    // A marker's own bytes, and names that continue in directories of their own, are not hidden by one name.
    guard options.writeBack, !segment.isEmpty, KeyMapping.names(forSegment: segment.string).count == 1 else {
      return false
    }
    // The version that the lookup of the name has just found.
    let facts = knowledge.directories.withLock { cache in
      cache.local.name(segment, of: location) == nil ? cache.lastKnown(objectAt: reference) : nil
    }
    guard let facts else { return false }
    try await settleCopies { $0 == reference }
    knowledge.directories.withLock { $0.setRemoved(true, reference) }
    let isLater = held.removing.add(reference, facts.version) { [weak self] in await self?.delete($0) ?? Set($0.keys) }
    if !isLater { knowledge.directories.withLock { $0.setRemoved(false, reference) } }
    return isLater
  }

  /// Deletes what still is the version that was unlinked. Returns the objects for which S3 gives no answer now. Those
  /// that S3 refuses to delete, or that others have written since, get their names back.
  ///
  /// Cost: for a few objects of a directory a HEAD and a DELETE each, and another HEAD where the server checks no
  /// condition at it; for many the LISTs of their directory and one DELETE.
  func delete(_ batch: [ObjectReference: Version]) async -> Set<ObjectReference> {
    let groups = Dictionary(grouping: batch.keys) { $0.parent.location }
    let left = await concurrently(Array(groups), limit: Self.parallelism) { (group) async throws(Never) in
      let (location, references) = group
      if references.count >= Self.fewest(in: self.knownPages(of: location)) {
        return await self.deleteTogether(references, of: location, batch)
      }
      return await concurrently(references, limit: Self.parallelism) { (reference) async throws(Never) in
        await self.deleteAlone(reference, batch[reference]!) ? nil : reference
      }.compactMap { $0 }
    }
    return Set(left.joined())
  }

  /// The number of objects from which on a LIST of this many pages and one DELETE are fewer requests than one each.
  private static func fewest(in pages: Int) -> Int { pages + 2 }

  private func knownPages(of location: DirectoryLocation) -> Int {
    let count = knowledge.directories.withLock { $0.directories.peek(location)?.listing?.children.count }
    return ((count ?? 0) + PendingRemovals.batch) / PendingRemovals.batch
  }

  /// Returns false if S3 gives no answer now.
  private func deleteAlone(_ reference: ObjectReference, _ version: Version) async -> Bool {
    do throws(FileSystemError) {
      // The same bytes written again have the same ETag: only the time shows that they are others'.
      let head = try await knowledge.currentHead(of: reference)
      if let head, !head.version(isStated: true).isSame(as: version) {
        settle(reference, .replaced)
      } else if let head {
        settle(reference, try await deleteObject(reference, ifStill: head.etag) ? .deleted : .replaced)
      } else {
        changes.apply(.deleted(reference))
        settle(reference, .deleted)
      }
    } catch {
      guard error.cause?.isNoAnswerNow != true else { return false }
      settle(reference, .refused(error))
    }
    return true
  }

  private func deleteTogether(
    _ references: [ObjectReference], of location: DirectoryLocation, _ versions: [ObjectReference: Version]
  ) async -> [ObjectReference] {
    do throws(FileSystemError) {
      let wanted = Set(references)
      var found: [ObjectReference: Version] = [:]
      let request = ListRequest(bucket: location.bucket, prefix: location.prefix)
      try await knowledge.forEachPage(of: request) { page async throws(FileSystemError) in
        for object in page.objects {
          let reference = ObjectReference(bucket: location.bucket, key: object.key)
          if wanted.contains(reference) { found[reference] = ObjectFacts(object).version }
        }
      }
      for reference in references where found[reference].map({ $0.isSame(as: versions[reference]!) }) == false {
        settle(reference, .replaced)
      }
      for reference in references where found[reference] == nil {
        changes.apply(.deleted(reference))
        settle(reference, .deleted)
      }
      let same = references.filter { found[$0]?.isSame(as: versions[$0]!) ?? false }
      guard !same.isEmpty else { return [] }
      let failures = try await mappingErrors { () async throws(S3Error) in
        try await deleteBatch(same.map(\.key), in: location.bucket)
      }
      let failed = Dictionary(failures.map { ($0.key, $0.error) }) { first, _ in first }
      for reference in same {
        settle(reference, failed[reference.key].map { .refused(FileSystemError($0)) } ?? .deleted)
      }
      return []
    } catch {
      let rest = references.filter(isHidden)
      if error.cause?.isNoAnswerNow == true { return rest }
      for reference in rest { settle(reference, .refused(error)) }
      return []
    }
  }

  private func isHidden(_ reference: ObjectReference) -> Bool {
    let (location, segment) = reference.parent
    return knowledge.directories.withLock { $0.local.isRemoved(segment, of: location) }
  }

  private enum Outcome {
    case deleted, replaced
    case refused(FileSystemError)
  }

  /// Ends the hiding of a name.
  private func settle(_ reference: ObjectReference, _ outcome: Outcome) {
    let location = reference.parent.location
    knowledge.directories.withLock { cache in
      cache.setRemoved(false, reference)
      if case .deleted = outcome { cache.keepIfEmptied(location, within: horizon) }
    }
    switch outcome {
    case .deleted: break
    case .replaced:
      log.notice("\(reference) was unlinked here and written by others at the same time: theirs is kept")
      changes.announce(ObjectPath(reference))
    case .refused(let error):
      log.warning("\(reference) was unlinked, and S3 does not delete it: \(error.message)")
      changes.announce(ObjectPath(reference))
    }
  }
}

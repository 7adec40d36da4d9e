import Keys
import S3
import Synchronization

/// One change of what S3 has, made by this process or reported by the client that made it. `Changes.apply` is the only
/// place that updates the caches of what is known of S3 by it.
enum StoreChange: Sendable {
  /// An object was written, with these headers.
  /// - Parameter isListed: whether listings state the same time.
  case wrote(ObjectHead, at: ObjectReference, isListed: Bool)
  /// An object was written; its headers are unknown.
  case replaced(ObjectFacts, at: ObjectReference)
  /// An object was written, and nothing of it is known.
  case wroteUnknown(ObjectReference)
  case changedTags(ObjectReference)
  case deleted(ObjectReference)
  /// The marker of a directory was written, so that the directory exists.
  case wroteMarker(DirectoryLocation, size: Int64, WriteResult, headers: ObjectProperties)
  case madeDirectory(DirectoryLocation)
  case removedDirectory(DirectoryLocation)
  /// Many objects below a directory were written, and what is known of each was remembered.
  case copiedTree(DirectoryLocation)
  /// Many objects below a directory were written or deleted, and nothing is known of them.
  case changedTree(DirectoryLocation)
  /// All that was below a directory is below another one.
  /// - Parameter times: of directories, before anything was moved.
  /// - Parameter isEmpty: whether nothing was below it in S3.
  case movedTree(DirectoryLocation, to: DirectoryLocation, times: [Place: Timestamp], isEmpty: Bool)
  case madeBucket(String)
  case deletedBucket(String)
}

extension Changes {
  /// Makes a change known to all caches, and to the watchers of what it touches. Sends no request.
  func apply(_ change: StoreChange) {
    switch change {
    case .wrote(let head, let reference, let isListed):
      knowledge.remember(head, of: reference, isListed: isListed, writtenAt: time.now())
      note(ObjectFacts(head, isStated: isListed), at: reference)
    case .replaced(let facts, let reference):
      // The same ETag may have other headers.
      knowledge.metadata.withLock { $0.forget(reference) }
      note(facts, at: reference)
    case .wroteUnknown(let reference):
      knowledge.metadata.withLock { $0.forget(reference) }
      knowledge.directories.withLock { $0.forget(below: reference.parent.location) }
      publishChanges(in: reference.bucket, below: reference.key)
    case .changedTags(let reference): knowledge.metadata.withLock { $0.forget(reference) }
    case .deleted(let reference):
      knowledge.metadata.withLock { $0.forget(reference) }
      knowledge.attributesHere.withLock { $0.forget(.object(reference)) }
      cache.kept?.forget(reference)
      note(nil, at: reference)
    case .wroteMarker(let location, let size, let result, let headers):
      let head = ObjectHead(
        size: size, etag: result.etag, lastModified: result.lastModified ?? time.wall(), properties: headers,
        versionID: result.versionID)
      apply(.wrote(head, at: location.marker, isListed: result.lastModified != nil))
      apply(.madeDirectory(location))
    case .madeDirectory(let location):
      knowledge.directories.withLock { $0.note(directory: location, exists: true, within: horizon) }
    case .removedDirectory(let location):
      knowledge.attributesHere.withLock { $0.forget(.directory(location)) }
      knowledge.directories.withLock { cache in
        if let (above, segment) = location.parent { cache.setLocal(nil, segment, of: above) }
        cache.note(directory: location, exists: false, within: horizon)
      }
    case .copiedTree(let location): publishChanges(in: location.bucket, below: location.prefix)
    case .changedTree(let location):
      knowledge.directories.withLock { $0.forget(below: location) }
      publishChanges(in: location.bucket, below: location.prefix)
    case .movedTree(let source, let destination, let times, let isEmpty):
      applyMove(of: source, to: destination, times: times, isEmpty: isEmpty)
    case .madeBucket(let name):
      forgetBuckets(with: name)
      publishChanges(in: "", below: ObjectKey(name))
      changeObserver?.entryChanged(name, in: .root)
    case .deletedBucket(let name): applyDeletion(ofBucket: name)
    }
  }

  private func note(_ facts: ObjectFacts?, at reference: ObjectReference) {
    knowledge.directories.withLock { $0.note(facts, at: reference, within: horizon) }
    detector.withLock { $0 }?.wrote(facts, at: reference)
  }

  private func applyMove(
    of source: DirectoryLocation, to destination: DirectoryLocation, times: [Place: Timestamp], isEmpty: Bool
  ) {
    knowledge.attributesHere.withLock { $0.moveDirectories(source, to: destination) }
    knowledge.directories.withLock { cache in
      cache.moveLocal(source, to: destination, times: times)
      cache.forget(below: destination)
      if let (above, segment) = source.parent { cache.setLocal(nil, segment, of: above) }
      cache.note(directory: source, exists: false, within: horizon)
      // Also when nothing was below it in S3, the directory now is there.
      if isEmpty { cache.keep(destination) }
      cache.note(directory: destination, exists: true, within: horizon)
    }
  }

  private func applyDeletion(ofBucket name: String) {
    let location = DirectoryLocation(bucket: name)
    knowledge.attributesHere.withLock { $0.forget(.directory(location)) }
    knowledge.directories.withLock { cache in
      cache.forget(below: location)
      cache.forgetLocal(below: location)
      cache.forgetTime(of: .directory(location))
    }
    forgetBuckets(with: name)
    publishChanges(in: "", below: ObjectKey(name))
    publishChanges(in: name)
    let child = inodes.table.withLock { $0.unlink(.directory(self.knowledge.location(ofBucket: name))) }
    changeObserver?.entryRemoved(name, in: .root, child: child)
  }

  /// The list of buckets is out of date, and what is known of this one.
  private func forgetBuckets(with name: String) {
    knowledge.buckets.withLock { $0.invalidate() }
    knowledge.bucketHabits.withLock { $0.forget(name) }
    knowledge.directories.withLock { $0.touch(.root) }
  }

  /// Makes watchers look again at all that is below a prefix; "" as bucket is the list of buckets.
  private func publishChanges(in bucket: String, below prefix: ObjectKey = "") {
    detector.withLock { $0 }?.touched(bucket, below: prefix)
  }
}

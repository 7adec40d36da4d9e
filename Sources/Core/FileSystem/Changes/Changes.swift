import S3
import Synchronization

/// All caches, the kernel, and those who follow learn what was written or deleted, here or elsewhere.
public final class Changes: FileSystemPart {
  let knowledge: Knowledge
  let inodes: Inodes
  var common: Common { knowledge.common }
  /// Made at the first use: it lists through this file system.
  let detector = Mutex<ChangeDetector?>(nil)
  private let observer = Mutex<(any ChangeObserver)?>(nil)

  init(_ knowledge: Knowledge, _ inodes: Inodes) {
    self.knowledge = knowledge
    self.inodes = inodes
  }

  /// Who is told of changes that the kernel has not seen. Set once, before the first operation.
  public func observe(_ observer: any ChangeObserver) { self.observer.withLock { $0 = observer } }

  var changeObserver: (any ChangeObserver)? { observer.withLock { $0 } }

  /// Returns when the mount shows the changes that were made by path: an answer to who made them must not come before.
  public func changesAreShown() async { await changeObserver?.settled() }

  /// Those who follow are told of an own change: an object was written or (nil) deleted.
  func publish(_ facts: ObjectFacts?, at reference: ObjectReference) {
    detector.withLock { $0 }?.wrote(facts, at: reference)
  }

  /// The same of changes below a prefix that were many at once; "" is the list of buckets.
  func publishChanges(in bucket: String, below prefix: ObjectKey = "") {
    detector.withLock { $0 }?.touched(bucket, below: prefix)
  }
}

extension Changes {
  /// An object was written by us: all caches know it at once.
  func wrote(_ head: ObjectHead, at reference: ObjectReference, isListed: Bool) {
    knowledge.remember(head, of: reference, isListed: isListed, writtenAt: time.now())
    let facts = ObjectFacts(head, isStated: isListed)
    knowledge.directories.withLock { $0.note(facts, at: reference, within: horizon) }
    publish(facts, at: reference)
  }

  /// An object was deleted by us.
  func deleted(_ reference: ObjectReference) {
    knowledge.metadata.withLock { $0.forget(reference) }
    knowledge.attributesHere.withLock { $0.forget(.object(reference)) }
    cache.kept?.forget(reference)
    knowledge.directories.withLock { $0.note(nil, at: reference, within: horizon) }
    publish(nil, at: reference)
  }

  func wroteMarker(_ location: DirectoryLocation, size: Int64, result: WriteResult, headers: ObjectProperties) {
    let head = ObjectHead(
      size: size, etag: result.etag, lastModified: result.lastModified ?? time.wall(), properties: headers,
      versionID: result.versionID)
    wrote(head, at: location.marker, isListed: result.lastModified != nil)
    knowledge.directories.withLock { $0.note(directory: location, exists: true, within: horizon) }
  }
}

import S3
import Synchronization

// All caches, and those who follow, learn what was written or deleted here.

extension FileSystem {
  /// An object was written by us: all caches know it at once.
  func wrote(_ head: ObjectHead, at reference: ObjectReference, isListed: Bool) {
    remember(head, of: reference, isListed: isListed, writtenAt: time.now())
    let facts = ObjectFacts(head, isStated: isListed)
    directories.withLock { $0.note(facts, at: reference, within: horizon) }
    publish(facts, at: reference)
  }

  /// An object was deleted by us.
  func deleted(_ reference: ObjectReference) {
    metadata.withLock { $0.forget(reference) }
    attributesHere.withLock { $0.forget(.object(reference)) }
    contents.kept?.forget(reference)
    directories.withLock { $0.note(nil, at: reference, within: horizon) }
    publish(nil, at: reference)
  }
}

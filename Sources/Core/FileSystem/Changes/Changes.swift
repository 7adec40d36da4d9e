import S3
import Synchronization

/// Propagates what was written or deleted, here or elsewhere, to all caches, the kernel and the subscribers.
public final class Changes: FileSystemPart {
  let knowledge: Knowledge
  let inodes: Inodes
  var common: Common { knowledge.common }
  /// Created at the first use: it lists through this file system.
  let detector = Mutex<ChangeDetector?>(nil)
  private let observer = Mutex<(any ChangeObserver)?>(nil)

  init(_ knowledge: Knowledge, _ inodes: Inodes) {
    self.knowledge = knowledge
    self.inodes = inodes
  }

  /// Sets the observer that is notified of changes that the kernel has not seen. Called once, before the first
  /// operation.
  public func observe(_ observer: any ChangeObserver) { self.observer.withLock { $0 = observer } }

  var changeObserver: (any ChangeObserver)? { observer.withLock { $0 } }

  /// Returns when the mount shows the changes that were made by path: the answer to the client that made them must not
  /// come before.
  public func changesAreShown() async { await changeObserver?.settled() }
}

package import S3
import Synchronization

/// A change that a run made in S3, as other processes at the same endpoint need to know it.
package enum EndpointChange: Hashable, Sendable {
  case madeBucket(String)
  case wrote(ObjectReference, size: Int64, etag: ETag, modified: Timestamp)
  /// Changed tags, which no listing contains.
  case changedTags(ObjectReference)
  case deleted(ObjectReference)
}

/// Collects the changes of a run, if a process needs them.
package final class ChangeRecord: Sendable {
  private let changes = Mutex<[EndpointChange]?>(nil)

  init() {}

  /// Starts collecting.
  package func begin() { changes.withLock { $0 = $0 ?? [] } }

  func add(_ change: EndpointChange) { changes.withLock { $0?.append(change) } }

  /// Returns the changes since the last call.
  package func take() -> [EndpointChange] {
    changes.withLock { changes in
      defer { if changes != nil { changes = [] } }
      return changes ?? []
    }
  }
}

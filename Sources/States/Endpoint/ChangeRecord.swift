package import S3
import Synchronization

/// One change that a run made in S3, as others of the same endpoint need to know it.
package enum EndpointChange: Hashable, Sendable {
  case madeBucket(String)
  case wrote(ObjectReference, size: Int64, etag: ETag, modified: Timestamp)
  /// Other tags: nothing that a listing shows.
  case changedTags(ObjectReference)
  case deleted(ObjectReference)
}

/// Collects the changes that a run makes, while somebody wants them.
package final class ChangeRecord: Sendable {
  private let changes = Mutex<[EndpointChange]?>(nil)

  init() {}

  /// Begins to collect.
  package func begin() { changes.withLock { $0 = $0 ?? [] } }

  func add(_ change: EndpointChange) { changes.withLock { $0?.append(change) } }

  /// Returns what has been collected since the last call.
  package func take() -> [EndpointChange] {
    changes.withLock { changes in
      defer { if changes != nil { changes = [] } }
      return changes ?? []
    }
  }
}

/// What keeps snapshots of buckets, for the gateway. It is given from outside: this module knows nothing of states.
public protocol SnapshotService: Sendable {
  func answer(_ request: SnapshotRequest) async -> SnapshotAnswer
}

public enum SnapshotRequest: Hashable, Sendable {
  /// How a difference is written.
  public enum Format: Hashable, Sendable, CaseIterable { case text, json, junit, patch }

  case list
  case describe(name: String)
  /// `buckets` empty: all that the gateway shows.
  case save(name: String, buckets: [String])
  /// From the snapshot to what is in the buckets now, or to another snapshot.
  case compare(name: String, with: String?, only: [String], Format)
  /// `isPreview`: only say what would be done.
  case restore(name: String, only: [String], keep: [String], isPreview: Bool, isForced: Bool)
  case remove(name: String)

  var isMutating: Bool {
    switch self {
    case .list, .describe, .compare: false
    case .save, .restore, .remove: true
    }
  }
}

public enum SnapshotAnswer: Sendable {
  /// `differences`: how many, of a comparison.
  case content(type: String, [UInt8], isNew: Bool = false, differences: Int? = nil)
  case nothing
  /// A clause that says why not, and the status of HTTP for it.
  case failure(status: Int, String)
}

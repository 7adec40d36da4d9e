/// Stores snapshots of buckets, for the gateway. Implemented outside: this module does not know `States`.
public protocol SnapshotService: Sendable {
  func answer(_ request: SnapshotRequest) async -> SnapshotAnswer
}

public enum SnapshotRequest: Hashable, Sendable {
  /// How differences are written.
  public enum Format: Hashable, Sendable, CaseIterable { case text, json, junit, patch }

  case list
  case describe(name: String)
  /// Empty `buckets` means all that the gateway shows.
  case save(name: String, buckets: [String])
  /// Compares a snapshot with the buckets now, or with another snapshot.
  case compare(name: String, with: String?, only: [String], Format)
  /// With `isPreview` only reports what would be done. `state` is that of such a report: if the buckets have changed since,
  /// nothing is done.
  case restore(name: String, only: [String], keep: [String], state: String?, isPreview: Bool, isForced: Bool)
  case remove(name: String)

  var isMutating: Bool {
    switch self {
    case .list, .describe, .compare: false
    case .save, .restore, .remove: true
    }
  }
}

public enum SnapshotAnswer: Sendable {
  /// `differences` is the number found by a comparison.
  case content(type: String, [UInt8], isNew: Bool = false, differences: Int? = nil)
  case nothing
  /// A clause with the reason, and the HTTP status for it.
  case failure(status: Int, String)
}

/// What a request has done to the world when its answer does not come, and so whether it may be sent again.
public enum RetrySafety: Hashable, Sendable {
  /// Sent twice, it does what once would do: reads, deletes, PUT of a whole body.
  case repeatable
  /// Sent twice, it may do harm or be answered differently (a conditional write, a new multipart upload): only when
  /// the server has surely not begun with it.
  case once
}

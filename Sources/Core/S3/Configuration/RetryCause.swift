/// How a try failed, as far as trying again is concerned.
public enum RetryCause: Hashable, Sendable {
  /// No connection: the server has seen nothing.
  case unreachable
  /// The server refused for now, and did nothing (503, SlowDown).
  case throttled
  /// A service that is still loading answered that it lacks the operation (501), and did nothing.
  case starting
  /// The server failed (500, 502, 504), or the connection broke: it may have done the work.
  case uncertain
  /// Trying again would change nothing.
  case final
}

public import S3
import Synchronization

/// Objects in memory, with S3's semantics. `deleteBucket`, conditions, limits, listing order and multipart rules are those
/// of S3; versions are kept in buckets for which another client
/// has switched them on. Its own methods (`InMemoryStore+Inspection`) are another client's: they make
/// changes "from outside" and look at what is there, without being requests.
public final class InMemoryStore: ObjectStore {
  struct State {
    var buckets: [String: StoredBucket] = [:]
    var uploads: [String: StoredUpload] = [:]
    var uploadsBegun = 0
  }

  /// What the server is like.
  public struct Behaviour: Sendable {
    /// The most entries in one page of a listing, whatever is asked for.
    public var pageSize = 1000
    /// The least size of every part but the last. S3's is 5 MiB; small in tests of small parts.
    public var minimumPartSize: Int64 = 5 << 20
    /// The pieces in which a body arrives.
    public var pieceSize = 64 << 10
    /// Whether creating a bucket that one owns is refused: everywhere but in us-east-1.
    public var refusesOwnBuckets = false
    /// Whether DeleteObject takes If-Match; LocalStack's does not.
    public var deletesConditionally = false
    /// Whether StartAfter passes over the directory of that name, as SeaweedFS does.
    public var passesDirectories = false

    public init() {}
  }

  public let behaviour: Behaviour
  private let now: @Sendable () -> Timestamp
  let state = Mutex(State())

  /// Only the seconds of `now` are used: S3's LastModified has no more.
  public init(
    buckets: [String] = [], behaviour: Behaviour = Behaviour(), now: @escaping @Sendable () -> Timestamp = wallClock
  ) {
    self.behaviour = behaviour
    self.now = now
    let created = lastModified()
    state.withLock { state in
      for bucket in buckets { state.buckets[bucket] = StoredBucket(created: created) }
    }
  }

  func lastModified() -> Timestamp { Timestamp(seconds: now().seconds) }

  /// Runs `body` on the state, unless the task has been cancelled.
  func access<Value: Sendable>(
    _ operation: StoreOperation, _ body: (inout sending State) throws(S3Error) -> sending Value
  ) throws(S3Error) -> Value {
    if Task.isCancelled { throw operation.error(.cancelled) }
    return try state.withLock { (state) throws(S3Error) -> Value in try body(&state) }
  }
}

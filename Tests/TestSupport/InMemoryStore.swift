public import S3
import Synchronization

/// Objects in memory, with S3's semantics: `deleteBucket`, conditions, limits, listing order and multipart rules are S3's.
/// Versions are kept in buckets for which another client has enabled them. The methods of `InMemoryStore+Inspection` act
/// as another client: they change and read objects without counting as requests.
public final class InMemoryStore: ObjectStore {
  struct State {
    var buckets: [String: StoredBucket] = [:]
    var uploads: [String: StoredUpload] = [:]
    var uploadsBegun = 0
    /// In bytes of one object.
    var mostMetadata = 2048
  }

  /// The server's behaviour.
  public struct Behaviour: Sendable {
    /// The most entries in one page of a listing, whatever is requested.
    public var pageSize = 1000
    /// The least size of every part but the last. S3's is 5 MiB; small in tests of small parts.
    public var minimumPartSize: Int64 = 5 << 20
    /// The pieces in which a body arrives.
    public var pieceSize = 64 << 10
    /// Whether creating a bucket that the caller owns is refused: everywhere but in us-east-1.
    public var refusesOwnBuckets = false
    /// Whether objects may have more metadata than S3 accepts, as with LocalStack.
    public var takesMoreMetadata = false
    /// Whether DeleteObject takes If-Match; LocalStack's does not.
    public var deletesConditionally = false
    /// Whether PUT ignores conditions, as in some small emulators.
    public var ignoresConditions = false
    /// Whether ETags of single PUTs are the MD5 of their bytes, as S3's are; else they are opaque.
    public var hasMD5 = true
    /// Whether COPY leaves out Expires, as LocalStack's does.
    public var copyForgets = false
    /// Whether ListBuckets returns none, as SeaweedFS does to clients that sign.
    public var hidesBuckets = false
    /// Whether StartAfter skips the directory of that name, as in SeaweedFS.
    public var passesDirectories = false
    /// Which answers contain the number of an object's tags. MiniStack's to HEAD do not, and LocalStack's to GET do not
    /// where there are versions.
    public var tellsTags: (inHead: Bool, inGet: Bool) = (true, true)

    public init() {}

    func etag(_ bytes: [UInt8]) -> ETag {
      let md5 = ContentHash.etag(bytes)
      return hasMD5 ? md5 : ETag(String(md5.value.reversed()))
    }
  }

  public let behaviour: Behaviour
  private let now: @Sendable () -> Timestamp
  let state = Mutex(State())

  /// The precision of times in listings, and in HEAD and the answers to writes, in nanoseconds. S3 has whole seconds.
  private let precision = Mutex<(listing: Int32, head: Int32)>((1_000_000_000, 1_000_000_000))

  public init(
    buckets: [String] = [], behaviour: Behaviour = Behaviour(), now: @escaping @Sendable () -> Timestamp = Timestamp.now
  ) {
    self.behaviour = behaviour
    self.now = now
    let created = inListing(lastModified())
    state.withLock { state in
      if behaviour.takesMoreMetadata { state.mostMetadata = .max }
      for bucket in buckets { state.buckets[bucket] = StoredBucket(created: created) }
    }
  }

  public var copyForgets: Bool { behaviour.copyForgets }

  func lastModified() -> Timestamp { now() }

  /// Sets the precision of times to that of other servers.
  public func tellTimes(listing: Int32, head: Int32) { precision.withLock { $0 = (listing, head) } }

  func inListing(_ time: Timestamp) -> Timestamp { Self.cut(time, to: precision.withLock { $0.listing }) }
  func inHead(_ time: Timestamp) -> Timestamp { Self.cut(time, to: precision.withLock { $0.head }) }

  private static func cut(_ time: Timestamp, to precision: Int32) -> Timestamp {
    Timestamp(seconds: time.seconds, nanoseconds: time.nanoseconds / precision * precision)
  }

  /// Runs `body` on the state, unless the task has been cancelled.
  func access<Value: Sendable>(
    _ operation: StoreOperation, _ body: (inout sending State) throws(S3Error) -> sending Value
  ) throws(S3Error) -> Value {
    if Task.isCancelled { throw operation.error(.cancelled) }
    return try state.withLock { (state) throws(S3Error) -> Value in try body(&state) }
  }
}

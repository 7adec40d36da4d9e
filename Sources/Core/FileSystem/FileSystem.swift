public import S3

/// A file system over S3: the one model behind both fronts.
///
/// The mount speaks to it by inode (`FileSystem+…` files in this folder), the gateway by true key (folder Objects).
/// Both meet in the same caches, so that what one front changes the other shows at once.
public final class FileSystem: Sendable {
  let store: any ObjectStore
  public let options: FileSystemOptions

  public init(store: any ObjectStore, options: FileSystemOptions) {
    self.store = store
    self.options = options
  }

  /// Who is told of changes that the kernel has not seen. Set once, before the first operation.
  public func observe(_ observer: any ChangeObserver) { fatalError() }

  /// Uploads what is pending, or leaves it in the spool. Ends background work. Operations afterwards fail.
  /// Returns the names of files whose bytes could not be uploaded and stay in the spool.
  public func shutDown(deadline: Duration) async -> [String] { fatalError() }
}

/// The choices of one file system.
public struct FileSystemOptions: Sendable {
  /// How long stat and listings may lag behind changes that others make.
  public var ttl: Duration = .seconds(1)
  /// Whether `open` trusts what was validated within the ttl instead of asking.
  public var relaxedOpen = false
  public var readOnly = false
  /// Owner of objects that carry none.
  public var owner: UInt32 = 0
  public var group: UInt32 = 0
  /// Permission bits taken from objects that carry no mode.
  public var umask: UInt32 = 0o022
  /// The buckets shown, each with an optional prefix (ends in "/"); empty shows all.
  public var buckets: [BucketScope] = []
  /// For cached contents and unsaved bytes in memory, in bytes.
  public var memory = 96 << 20
  /// Where unsaved bytes are spooled; created 0700.
  public var cacheDirectory: String = ""
  /// Cap of the spool and the content cache on disk, in bytes.
  public var cacheSize: Int64 = 10 << 30

  public init() {}
}

/// A bucket, or a part of one, that the file system shows.
public struct BucketScope: Hashable, Sendable {
  public var bucket: String
  /// "" or ending in "/".
  public var prefix: String

  public init(bucket: String, prefix: String = "") {
    self.bucket = bucket
    self.prefix = prefix
  }
}

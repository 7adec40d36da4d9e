/// The choices of one file system.
public struct FileSystemOptions: Sendable {
  /// How long stat and listings may lag behind changes that other clients make; nil: each request sees everything that
  /// S3 acknowledged before (`Burst`).
  public var ttl: Duration?
  /// Within this time many queries about one place count as one walk, and watched places are listed once.
  public var pace: Duration { ttl ?? .seconds(1) }
  /// Whether closing a file returns when its bytes are on the local disk, and S3 gets them after that.
  public var writeBack = false
  /// Whether no markers and no metadata of ours are written to S3; they then last as long as the mount.
  public var plain = false
  /// Whether every change is refused (EROFS, 403).
  public var readOnly = false
  /// Owner of objects that record none.
  public var owner: UInt32 = 0
  public var group: UInt32 = 0
  /// Permission bits removed from objects that record no mode.
  public var umask: UInt32 = 0o022
  /// The buckets shown, each with an optional prefix; empty shows all.
  public var buckets: [BucketScope] = []
  /// The memory for contents, in bytes: three quarters for what is cached, one for what is unsaved.
  public var memory = 64 << 20
  /// Whether a listing is answered only when the headers of all its objects are known, instead of showing defaults.
  public var readsAllMetadata = false
  /// The directory of the spool of unsaved bytes; created 0700.
  public var cacheDirectory = ""
  /// The file in which learnt headers are remembered; nil keeps them in memory only.
  public var metadataFile: String?
  /// The directory in which the bytes of objects that were read are cached; nil keeps them in memory only.
  public var contentsDirectory: String?
  /// Limit of the spool, in bytes; beyond it writes fail with noSpace. The disk cache of objects takes at most half as
  /// much in addition.
  public var cacheSize: Int64 = 10 << 30
  /// Smaller ones are for tests.
  var uploadLimits = UploadLimits()
  /// With `writeBack`: longer ones are for tests.
  var pauseBeforeUpload = PendingUploads.usualPause
  /// With `contentsDirectory`: shorter ones are for tests.
  var pauseBeforeKeeping = DiskCache.usualPause

  public init() {}
}

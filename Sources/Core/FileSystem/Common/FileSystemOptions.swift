/// The choices of one file system.
public struct FileSystemOptions: Sendable {
  /// How long stat and listings may lag behind changes that others make; nil: whoever looks sees all that was acknowledged
  /// before (`Burst`).
  public var ttl: Duration?
  /// Within it many questions about one place are taken for one walk, and places that are watched are listed once.
  public var pace: Duration { ttl ?? .seconds(1) }
  /// Whether closing a file returns when its bytes are on disk here, and S3 gets them after that.
  public var writeBack = false
  /// Whether nothing of ours is written to S3: no markers and no metadata, which then last as long as the mount.
  public var plain = false
  /// Whether every change is refused (EROFS, 403).
  public var readOnly = false
  /// Owner of objects that carry none.
  public var owner: UInt32 = 0
  public var group: UInt32 = 0
  /// Permission bits taken from objects that carry no mode.
  public var umask: UInt32 = 0o022
  /// The buckets shown, each with an optional prefix; empty shows all.
  public var buckets: [BucketScope] = []
  /// For contents, in bytes: three quarters for what is cached, one for what is unsaved.
  public var memory = 64 << 20
  /// Whether a listing is answered only when the headers of all its objects are known, instead of showing defaults.
  public var readsAllMetadata = false
  /// Where unsaved bytes are spooled; created 0700.
  public var cacheDirectory = ""
  /// Where headers once learnt are remembered; nil keeps them in memory only.
  public var metadataFile: String?
  /// Where the bytes of objects that were read are kept; nil keeps them in memory only.
  public var contentsDirectory: String?
  /// Cap of the spool, in bytes; beyond it writes fail with noSpace. What is kept of objects takes at most half as much
  /// besides.
  public var cacheSize: Int64 = 10 << 30
  /// Smaller ones are for tests.
  var uploadLimits = UploadLimits()
  /// With `writeBack`: longer ones are for tests.
  var pauseBeforeUpload = PendingUploads.usualPause
  /// With `contentsDirectory`: shorter ones are for tests.
  var pauseBeforeKeeping = KeptContents.usualPause

  public init() {}
}

/// A bucket, or a part of one, that the file system shows.
public struct BucketScope: Hashable, Sendable {
  public var bucket: String
  /// "" or ending in "/".
  public var prefix: String

  public init(bucket: String, prefix: String = "") {
    self.bucket = bucket
    self.prefix = prefix.isEmpty || prefix.hasSuffix("/") ? prefix : prefix + "/"
  }
}

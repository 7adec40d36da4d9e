/// The sizes that an upload is planned by, in bytes.
struct UploadLimits: Hashable, Sendable {
  /// The largest object S3 stores.
  static let maximumSize: Int64 = 5 << 40

  /// The largest size of an object that is written with one PUT.
  var putThreshold: Int64 = 16 << 20
  /// The size of the parts sent. They grow when there would be too many.
  var partSize: Int64 = 8 << 20
  /// S3's least size of every part but the last (EntityTooSmall).
  var minimumPartSize: Int64 = 5 << 20
  /// The largest range of one UploadPartCopy. S3 accepts 5 GiB; less lets a long copy run in parallel and end within a
  /// request's deadline. At least twice the minimum, so that a run can be cut evenly.
  var copyPartSize: Int64 = 1 << 30
  /// Finished parts that may be queued for upload, in bytes, before the writer of a file has to wait.
  var backlog: Int64 = 64 << 20
  /// Ranges of at least this length are copied by the server, shorter ones through the cache.
  var leastCopy: Int64 = 1 << 20
  /// S3's most parts of one upload.
  var maximumParts = 10_000

  init() {}
}

import S3
import Synchronization

/// The kinds of requests that the server was seen not to support. Each is announced once: what depends on it fails, or
/// is done in another way, and the user should not have to guess why.
final class ServerGaps: Sendable {
  private let known = Mutex(Set<String>())

  /// Returns a sentence about a kind of requests that was just seen to be missing; nil if it has been announced, or the
  /// request shows none.
  func sentence(for event: RequestEvent) -> String? {
    // A DELETE is tried with a condition first, which few emulators know; `Removals` looks at the object instead.
    guard event.error?.code == .notImplemented, event.operation != "DeleteObject",
      known.withLock({ $0.insert(event.operation).inserted })
    else { return nil }
    return
      "the server does not support \(event.operation): \(Self.consequences[event.operation] ?? "what needs it fails")"
  }

  private static let consequences = [
    "UploadPartCopy": "a change in a large object sends the whole of it, and objects above 5 GiB are not copied",
    "GetBucketVersioning": "buckets have no versions",
    "PutBucketVersioning": "buckets have no versions",
    "ListObjectVersions": "buckets have no versions",
    "GetObjectTagging": "objects have no tags",
    "PutObjectTagging": "objects have no tags, and setting one fails",
    "DeleteObjectTagging": "objects have no tags",
    "GetBucketNotificationConfiguration": "buckets have no notifications",
    "PutBucketNotificationConfiguration": "buckets have no notifications",
    "ListMultipartUploads": "parts that an interrupted upload left may stay in S3",
  ]
}

import S3

/// The state of an object that an answer is about: the only type that decides whether two answers are about the same
/// state. No other code compares ETags together with times.
///
/// An ETag alone is not enough: other headers leave it as it is (a COPY of an object onto itself), and so do the same
/// bytes written again. The time distinguishes such states, as far as the server's precision allows: listings have
/// milliseconds or seconds, HEAD whole seconds, and the answer to a PUT no time at all.
struct Version: Hashable, Sendable {
  var etag: ETag
  /// S3's LastModified; or this machine's clock, after a write whose answer contained none.
  var modified: Timestamp
  /// Whether `modified` comes from S3.
  var isStated = true

  /// Returns whether both may be one state. A time that S3 has not stated contradicts none: the first one stated for an
  /// own write is accepted for it.
  func isSame(as other: Version) -> Bool {
    guard etag == other.etag else { return false }
    return !isStated || !other.isStated || modified.isSame(as: other.modified)
  }

  /// Returns whether the other one, which is the same, has a more precise time.
  func isLessPrecise(than other: Version) -> Bool {
    guard other.isStated else { return false }
    return !isStated || modified.nanoseconds == 0 && other.modified.nanoseconds != 0
  }
}

extension ObjectHead {
  /// - Parameter isStated: whether `lastModified` comes from S3 rather than this machine's clock.
  func version(isStated: Bool) -> Version { Version(etag: etag, modified: lastModified, isStated: isStated) }
}

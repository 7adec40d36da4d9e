import S3

/// Which state of an object something is about: the one type that says whether two answers are about the same state.
/// Nothing else compares ETags together with times.
///
/// An ETag alone does not: other headers leave it as it is (a COPY of an object onto itself), and so do the same bytes
/// written again. The time tells such states apart, as far as the server's precision goes: listings tell milliseconds or
/// seconds, HEAD whole seconds, and the answer to a PUT nothing at all.
struct Version: Hashable, Sendable {
  var etag: ETag
  /// S3's LastModified; or this machine's clock, after a write whose answer carried none.
  var modified: Timestamp
  /// Whether `modified` is S3's word.
  var isStated = true

  /// Whether both may be one state. A time that S3 has not stated contradicts none: the first one stated for an own
  /// write is taken for it.
  func isSame(as other: Version) -> Bool {
    guard etag == other.etag else { return false }
    return !isStated || !other.isStated || modified.isSame(as: other.modified)
  }

  /// Whether the other one, which is the same, says the time more precisely.
  func isLessPrecise(than other: Version) -> Bool {
    guard other.isStated else { return false }
    return !isStated || modified.nanoseconds == 0 && other.modified.nanoseconds != 0
  }
}

extension ObjectHead {
  /// - Parameter isStated: whether `lastModified` is S3's word rather than this machine's clock.
  func version(isStated: Bool) -> Version { Version(etag: etag, modified: lastModified, isStated: isStated) }
}

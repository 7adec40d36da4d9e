/// What `?wait=` waits for, beside the place.
struct Wait: Sendable, Equatable {
  var limit: Duration
  /// So many objects at least, of a pattern or below a directory.
  var count: Int?
  /// Until nothing is there.
  var isGone = false
  var format = ListingFormat.page
}

/// One part of a multipart upload: a range of the new object.
enum PlannedPart: Hashable, Sendable {
  /// Sent: our own bytes, and where we have none the base's (which must be read) or zeros.
  case upload(Range<Int64>)
  /// UploadPartCopy: of the same range of the base, or of what a copy put there; of one object.
  case copy(Range<Int64>)

  var range: Range<Int64> {
    switch self {
    case .upload(let range), .copy(let range): range
    }
  }

  var isCopy: Bool { if case .copy = self { true } else { false } }
}

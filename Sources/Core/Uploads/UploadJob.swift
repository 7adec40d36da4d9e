import S3

/// A closed state of a file during its upload, under the name that the file has now.
struct UploadJob: Sendable {
  let reference: ObjectReference
  let state: ClosedState
  var headers: ObjectProperties
  /// Written with new bytes.
  var tags: [Tag] = []
  /// The upload that began while the file was written.
  var begun: PartStream.Begun?

  init(_ state: ClosedState, of reference: ObjectReference) {
    self.reference = reference
    self.state = state
    headers = state.headers
  }

  var bytes: FileBytes { state.bytes }
  var size: Int64 { state.bytes.size }

  /// The headers of an object that is written anew, with its tags.
  var headersWithTags: ObjectProperties {
    var properties = headers
    if state.tagCount != 0 { properties.tags = tags }
    return properties
  }

  /// The version that the file is a copy of, byte for byte: S3 creates it by one COPY.
  var wholeCopy: CopiedRanges.Piece? {
    guard let piece = bytes.copied.pieces.first, piece.range == 0..<size, piece.sourceOffset == 0,
      piece.source.size == size, size <= ObjectCopy.singleLimit
    else { return nil }
    return piece
  }

  /// Returns the source of a planned part that S3 copies: a range of one version.
  func source(of range: Range<Int64>) -> (reader: VersionReader, range: Range<Int64>)? {
    if let piece = bytes.copied.pieces(in: range).first { return (piece.source, piece.inSource(piece.range)) }
    return bytes.base.map { ($0.reader, range) }
  }

  /// All bytes of a small file, if they are here or in memory: after a PUT they are, as it had to read them.
  var wholeBytes: [UInt8]? {
    guard state.bytesChanged, size > 0, size <= ContentCache.firstFetch else { return nil }
    return FileBytes.cached(bytes.pieces(of: 0..<size), uses: false)?.bytes
  }
}

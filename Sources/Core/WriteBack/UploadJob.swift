import S3

/// One state of a file, to be uploaded. The file does not change while it is.
struct UploadJob: Sendable {
  let reference: ObjectReference
  let size: Int64
  let base: FileContent.Base?
  /// The ranges that differ from the base, and are not copied.
  let changed: ByteRangeSet
  /// The ranges that S3 has in other objects.
  let copied: CopiedRanges
  /// The ranges held here, changed or not.
  let local: ByteRangeSet
  let spool: SpoolFile?
  let bytesChanged: Bool
  var headers: ObjectProperties
  /// How many tags the object has, and those to be written with new bytes.
  let tagCount: Int
  var tags: [Tag] = []
  /// The upload that began while the file was written.
  var begun: PartStream.Begun?

  init(_ state: FileContent.State) {
    reference = state.reference
    size = state.size
    base = state.base
    changed = state.changed
    copied = state.copied
    local = state.local.ranges
    spool = state.local.spool
    // Bytes that have no object yet must be written whatever changed.
    bytesChanged = state.bytesChanged || state.base == nil
    headers = state.headers
    tagCount = state.tagCount
  }

  /// The headers of an object that is written anew, with its tags.
  var headersWithTags: ObjectProperties {
    var properties = headers
    if tagCount > 0 { properties.tags = tags }
    return properties
  }

  /// The version that the file is a copy of, byte for byte: S3 makes it by one COPY.
  var wholeCopy: CopiedRanges.Piece? {
    guard let piece = copied.pieces.first, piece.range == 0..<size, piece.sourceOffset == 0, piece.source.size == size,
      size <= ObjectCopy.singleLimit
    else { return nil }
    return piece
  }

  /// What S3 copies for a planned part: a range of one version.
  func source(of range: Range<Int64>) -> (reader: VersionReader, range: Range<Int64>)? {
    if let piece = copied.pieces(in: range).first { return (piece.source, piece.inSource(piece.range)) }
    return base.map { ($0.reader, range) }
  }

  /// All bytes of a small file, if they are here or in memory: after a PUT they are, as it had to read them.
  func wholeBytes(of content: FileContent) -> [UInt8]? {
    guard bytesChanged, size > 0, size <= FileSystem.firstFetch else { return nil }
    return content.cachedRead(0..<size)?.bytes
  }
}

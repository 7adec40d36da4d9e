import S3

/// The state of a file that the last close, fsync or HTTP request fixed, and that is not in S3 yet: it is uploaded,
/// retried, recorded on disk and recovered. Later writes do not change it.
struct ClosedState: Sendable {
  /// The file's generation when it was closed.
  let generation: UInt64
  var bytes: FileBytes
  /// Whether S3 lacks bytes (or the object itself), or only headers.
  var bytesChanged: Bool
  var headersChanged: Bool
  var properties: ObjectProperties
  var posix: PosixMetadata
  var wholeCopy: WholeCopy?
  /// When bytes were last written: kept times that equal it were not set explicitly.
  let touched: Timestamp?
  var tagCount: Int?
  /// Whether no metadata of ours is written.
  let isPlain: Bool
  /// The end of the process fixed it, not a close: it never replaces an object.
  var isHalfWritten = false
  /// The upload that began while the file was written.
  var stream: PartStream?
  /// The changes since the state that was being uploaded at that time.
  var since: RecentChanges?

  /// The headers to be written with the object. Tags are among them only where they come from a copy.
  var headers: ObjectProperties {
    if let wholeCopy, wholeCopy.upTo == wholeCopy.size, bytes.size == wholeCopy.size {
      return wholeCopy.properties(over: properties, posix: isPlain ? nil : posix)
    }
    var headers = properties
    headers.userMetadata =
      isPlain ? posix.updating(properties.userMetadata) : posix.merged(into: properties.userMetadata)
    return headers
  }

  /// The stamps of the object that an upload of this state makes: with the headers that an early upload began with, or
  /// with its own.
  var stamps: [StateStamp] {
    [stream?.properties, headers].compactMap { $0.flatMap { StateStamp(size: bytes.size, $0) } }
  }

  /// Adopts the headers that a stream's object began with. Drops times that only writing has set since, in favour of
  /// those; returns whether anything else differs, which must be written afterwards.
  mutating func adoptHeaders(of stream: PartStream) -> Bool {
    if posix.modified == touched {
      (posix.modified, posix.changed) = (stream.posix.modified, stream.posix.changed)
    }
    return headers != stream.properties
  }

  mutating func takeOthersHeaders(_ head: ObjectHead) {
    posix.takeOthers(head.properties, unless: headersChanged || isPlain)
    (properties, tagCount) = (head.properties, head.tagCount)
  }

  /// The ranges whose bytes only S3 has: those of the base, and of objects that are copied.
  var gaps: [Range<Int64>] {
    guard bytesChanged else { return [] }
    return bytes.local.ranges.gaps(in: 0..<bytes.size).filter { gap in
      bytes.origins(of: gap).contains { if case .version = $0 { true } else { false } }
    }
  }

  /// Notes that the bytes are in S3 as this version; the headers must still be written.
  mutating func savedBytes(as base: FileBytes.Base) {
    bytes.saved(as: base)
    (bytesChanged, headersChanged, stream, since) = (false, true, nil, nil)
  }

  /// Rebases this state after the state that was being uploaded when it was closed has reached S3.
  mutating func rebase(onto reader: VersionReader, from generation: UInt64) {
    let known = since?.generation == generation ? since : nil
    bytes.rebase(onto: reader, known)
    if let known { (bytesChanged, headersChanged) = (known.bytesChanged, known.headersChanged) }
    since = nil
  }
}

/// The changes of a file since one of its closed states.
struct RecentChanges: Sendable {
  /// The generation of the closed state.
  let generation: UInt64
  /// How much of that state's bytes is still part of the file, in bytes.
  var visible: Int64
  var changed = ByteRangeSet()
  var copied = CopiedRanges()
  var bytesChanged = false
  var headersChanged = false

  mutating func wrote(_ range: Range<Int64>) {
    changed.insert(range)
    copied.remove(range)
  }

  mutating func copy(_ piece: CopiedRanges.Piece) {
    changed.remove(piece.range)
    copied.insert(piece)
  }

  mutating func truncate(to size: Int64) {
    visible = min(visible, size)
    changed.truncate(to: size)
    copied.truncate(to: size)
  }
}

extension FileBytes {
  /// Makes the version that an earlier state of the file became in S3 the base. If the changes since that state are
  /// unknown, everything that was changed before still counts as changed: it is held here.
  mutating func rebase(onto reader: VersionReader, _ recent: RecentChanges?) {
    base = Base(reader: reader, visible: recent?.visible ?? base?.visible ?? 0)
    guard let recent else { return }
    (changed, copied) = (recent.changed, recent.copied)
  }
}

extension SpoolRecord {
  /// Describes a closed state under the name that the file has now.
  init(
    _ state: ClosedState, of reference: ObjectReference, replaces: ETag?, sent: [StateStamp], reason: String?,
    sequence: UInt64, time: Timestamp
  ) {
    let bytes = state.bytes
    bucket = reference.bucket
    key = reference.key.string
    size = bytes.size
    held = bytes.local.ranges.ranges.map { [$0.lowerBound, $0.upperBound] }
    changed = bytes.changed.ranges.map { [$0.lowerBound, $0.upperBound] }
    base = bytes.base.map { Base(etag: $0.reader.etag.value, size: $0.reader.size, visible: $0.visible) }
    self.replaces = replaces?.value
    self.sent = sent.isEmpty ? nil : sent
    if !bytes.copied.isEmpty {
      version = Self.currentVersion
      copied = bytes.copied.pieces.map { Copied($0) }
    }
    bytesChanged = state.bytesChanged
    isHalfWritten = state.isHalfWritten ? true : nil
    headers = state.headers
    self.time = time.seconds
    self.reason = reason
    self.sequence = sequence
  }
}

extension SpoolRecord.Copied {
  fileprivate init(_ piece: CopiedRanges.Piece) {
    let source = piece.source.reference
    self.init(
      start: piece.range.lowerBound, end: piece.range.upperBound, bucket: source.bucket, key: source.key.string,
      etag: piece.source.etag.value, size: piece.source.size, offset: piece.sourceOffset)
  }
}

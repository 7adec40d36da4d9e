import S3

extension FileContent.State {
  /// What a byte is that is not held here.
  enum Origin {
    /// These bytes of a version in S3.
    case version(VersionReader, Range<Int64>)
    /// So many.
    case zeros(Int)
  }

  /// Where the bytes of a range come from that `local` does not have.
  func origins(of gap: Range<Int64>) -> [Origin] {
    var origins: [Origin] = []
    var offset = gap.lowerBound
    for piece in copied.pieces(in: gap) {
      origins += baseOrigins(of: offset..<piece.range.lowerBound)
      origins.append(.version(piece.source, piece.inSource(piece.range)))
      offset = piece.range.upperBound
    }
    return origins + baseOrigins(of: offset..<gap.upperBound)
  }

  private func baseOrigins(of gap: Range<Int64>) -> [Origin] {
    var origins: [Origin] = []
    let end = min(max(base?.visible ?? 0, gap.lowerBound), gap.upperBound)
    if let base, gap.lowerBound < end { origins.append(.version(base.reader, gap.lowerBound..<end)) }
    if end < gap.upperBound { origins.append(.zeros(Int(gap.upperBound - end))) }
    return origins
  }

  /// The bytes changed now.
  mutating func touch(_ now: Timestamp) {
    bytesChanged = true
    wholeCopy = nil
    generation += 1
    guard !keepsTimes else { return }
    touched = now
    posix.modified = now
    posix.changed = now
  }

  /// A range has bytes of ours now.
  mutating func wrote(_ range: Range<Int64>, _ now: Timestamp) {
    changed.insert(range)
    copied.remove(range)
    size = max(size, range.upperBound)
    touch(now)
    wasWritten = true
  }

  /// The name is gone: what is unsaved concerns nobody but those who have the file open.
  mutating func unlink() {
    isUnlinked = true
    stopSending()
    local.spool?.removeRecord()
  }

  /// The file has another name.
  mutating func move(to destination: ObjectReference) {
    if destination != reference { stopSending() }
    reference = destination
  }

  /// Lets go of all bytes that are held here.
  mutating func discard() {
    stopSending()
    local.discard()
  }

  // MARK: Sending while it is written

  /// Sends the parts that are finished, once a file that is written from its beginning is large enough.
  mutating func sendParts(after range: Range<Int64>, _ sending: PartSending?) {
    guard let sending, let first = local.ranges.ranges.first, first.lowerBound == 0 else { return }
    if stream == nil, first.upperBound > sending.limits.putThreshold, isAllNew {
      try? local.spill()
      guard let spool = local.spool else { return }
      stream = PartStream(self, spool: spool, sending: sending)
    }
    stream?.wrote(range, available: first.upperBound)
  }

  /// Whether nothing of the file is in S3, so that its parts are where `PartGrid` has them.
  private var isAllNew: Bool {
    (base?.visible ?? 0) == 0 && copied.isEmpty && wholeCopy == nil && tagCount == 0 && !isUnlinked
  }

  mutating func stopSending() {
    stream?.abandon()
    stream = nil
  }

  /// The headers to be written with the object. Tags are among them only where they come with a copy.
  var headers: ObjectProperties {
    if let wholeCopy, wholeCopy.upTo == wholeCopy.size, size == wholeCopy.size {
      return wholeCopy.properties(over: properties, posix: posix)
    }
    var headers = properties
    headers.userMetadata = posix.merged(into: properties.userMetadata)
    return headers
  }

  /// A stream's object has the headers that it began with. Times that only writing has set since are given up for
  /// those; returns whether anything else differs, which is to be written afterwards.
  mutating func adoptHeaders(of stream: PartStream) -> Bool {
    if posix.modified == touched {
      (posix.modified, posix.changed) = (stream.posix.modified, stream.posix.changed)
    }
    return headers != stream.properties
  }
}

extension FileSystemError {
  static func tooLarge(_ reference: ObjectReference) -> Self {
    Self(.tooLarge, "\(reference): S3 stores at most 5 TiB in one object")
  }
}

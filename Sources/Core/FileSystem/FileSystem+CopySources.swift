import S3

// Before an object changes or goes, the files that are still copies of it take its bytes.

extension FileSystem {
  /// To be called before an object changes or goes: files that are copies of it and not saved yet take its bytes.
  /// Cost: none without such files, else the GETs of what they lack.
  func settleCopies(
    except content: FileContent? = nil, of isSource: (ObjectReference) -> Bool
  ) async throws(FileSystemError) {
    for target in copying.current where target !== content {
      let pieces = target.with { state in
        state.isUnlinked && state.handles == 0 ? [] : state.copiedPieces.filter { isSource($0.source.reference) }
      }
      for piece in pieces { try await take(piece, into: target) }
      // What the spool tells of it must not need the source either.
      if !pieces.isEmpty { journalAgain(target) }
    }
  }

  func take(_ piece: CopiedRanges.Piece, into target: FileContent) async throws(FileSystemError) {
    var offset = piece.range.lowerBound
    while offset < piece.range.upperBound {
      let part = offset..<min(offset + (1 << 20), piece.range.upperBound)
      let there = piece.inSource(part)
      let ahead = there.upperBound..<min(there.upperBound + (8 << 20), piece.inSource(piece.range).upperBound)
      let bytes = try await piece.source.read(there, advice: ReadAdvice(ahead: [ahead])).bytes
      guard bytes.count == part.count else { throw .incomplete }
      try target.hold(
        bytes, of: .init(range: part, source: piece.source, sourceOffset: there.lowerBound))
      offset = part.upperBound
    }
  }
}

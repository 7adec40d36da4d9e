import S3

/// The ranges of a file whose bytes are those of a version in S3 other than its base: what copy_file_range(2) put
/// there. They are not read before they are needed; an upload lets S3 copy them.
struct CopiedRanges: Sendable {
  struct Piece: Sendable {
    /// The range in the file.
    var range: Range<Int64>
    let source: VersionReader
    /// The start of the range in the source.
    var sourceOffset: Int64

    /// Returns a part of the piece's range, as a range of the source.
    func inSource(_ part: Range<Int64>) -> Range<Int64> {
      let start = sourceOffset + part.lowerBound - range.lowerBound
      return start..<start + Int64(part.count)
    }

    fileprivate func clamped(to limits: Range<Int64>) -> Piece {
      let part = range.clamped(to: limits)
      return Piece(range: part, source: source, sourceOffset: inSource(part).lowerBound)
    }
  }

  /// In order, disjoint, none empty.
  private(set) var pieces: [Piece] = []

  var isEmpty: Bool { pieces.isEmpty }

  /// Replaces what was in the piece's range.
  mutating func insert(_ piece: Piece) {
    guard !piece.range.isEmpty else { return }
    remove(piece.range)
    let index = pieces.firstIndex { $0.range.lowerBound >= piece.range.upperBound } ?? pieces.count
    // One copy made by several calls becomes one piece again.
    if index > 0, pieces[index - 1].isContinued(by: piece) {
      let before = pieces[index - 1].range
      pieces[index - 1].range = before.lowerBound..<piece.range.upperBound
    } else {
      pieces.insert(piece, at: index)
    }
  }

  /// Replaces what was in the ranges by those of a version, at the same places.
  mutating func insert(_ ranges: [Range<Int64>], of source: VersionReader) {
    for range in ranges { insert(Piece(range: range, source: source, sourceOffset: range.lowerBound)) }
  }

  mutating func remove(_ range: Range<Int64>) {
    guard !range.isEmpty, !pieces.isEmpty else { return }
    pieces = pieces.flatMap { piece in
      guard piece.range.overlaps(range) else { return [piece] }
      return [
        piece.clamped(to: piece.range.lowerBound..<max(piece.range.lowerBound, range.lowerBound)),
        piece.clamped(to: min(piece.range.upperBound, range.upperBound)..<piece.range.upperBound),
      ].filter { !$0.range.isEmpty }
    }
  }

  mutating func truncate(to size: Int64) { remove(size..<max(size, pieces.last?.range.upperBound ?? size)) }

  mutating func removeAll() { pieces = [] }

  /// Returns the pieces that overlap a range, cut to it.
  func pieces(in range: Range<Int64>) -> [Piece] {
    pieces.lazy.filter { $0.range.overlaps(range) }.map { $0.clamped(to: range) }
  }
}

extension CopiedRanges.Piece {
  fileprivate func isContinued(by other: Self) -> Bool {
    source === other.source && range.upperBound == other.range.lowerBound
      && inSource(range).upperBound == other.sourceOffset
  }
}

import S3

/// The source of each byte of a file: held here, a range of another object (copied), the base version, or zero. A
/// value: a copy of it keeps its meaning, whatever is written to the file afterwards.
struct FileBytes: Sendable {
  /// The version in S3 that the bytes not held here come from.
  struct Base: Sendable {
    var reader: VersionReader
    /// How much of it is still part of the file: a truncation hides the rest permanently.
    var visible: Int64
  }

  /// The source of a piece of a range.
  enum Piece {
    case held(LocalBytes.Held)
    case version(VersionReader, Range<Int64>)
    case zeros(Int)
  }

  var size: Int64
  var base: Base?
  /// The bytes that are held here, changed or not.
  var local: LocalBytes
  /// The ranges whose bytes are another object's, where `local` has none.
  var copied = CopiedRanges()
  /// The ranges that differ from the base, and are not copied.
  var changed = ByteRangeSet()

  // MARK: Reading

  /// Returns the sources of a range, cut at the end of the file, in order.
  func pieces(of range: Range<Int64>) -> [Piece] {
    local.ranges.covered(in: range.clamped(to: 0..<size)).flatMap { piece -> [Piece] in
      switch piece {
      case .covered(let range): [.held(local.held(range))]
      case .gap(let gap): origins(of: gap)
      }
    }
  }

  /// Returns the sources of a range that `local` has nothing of.
  func origins(of gap: Range<Int64>) -> [Piece] {
    var origins: [Piece] = []
    var offset = gap.lowerBound
    for piece in copied.pieces(in: gap) {
      origins += baseOrigins(of: offset..<piece.range.lowerBound)
      origins.append(.version(piece.source, piece.inSource(piece.range)))
      offset = piece.range.upperBound
    }
    return origins + baseOrigins(of: offset..<gap.upperBound)
  }

  private func baseOrigins(of gap: Range<Int64>) -> [Piece] {
    var origins: [Piece] = []
    let end = min(max(base?.visible ?? 0, gap.lowerBound), gap.upperBound)
    if let base, gap.lowerBound < end { origins.append(.version(base.reader, gap.lowerBound..<end)) }
    if end < gap.upperBound { origins.append(.zeros(Int(gap.upperBound - end))) }
    return origins
  }

  /// Returns the bytes of a range, cut at the end of the file. Throws what VersionReader throws, and ioFailure.
  func read(_ range: Range<Int64>, advice: ReadAdvice) async throws(FileSystemError) -> ReadData {
    try await Self.read(pieces(of: range), advice: advice)
  }

  static func read(_ pieces: [Piece], advice: ReadAdvice) async throws(FileSystemError) -> ReadData {
    var data = ReadData()
    for piece in pieces {
      switch piece {
      case .version(let reader, let range):
        for slice in try await reader.read(range, advice: advice).slices { data.append(slice) }
      case .held(let held): data.append(try held.read()[...])
      case .zeros(let count): data.append(ArraySlice(repeating: 0, count: count))
      }
    }
    return data
  }

  /// Returns the bytes if all are in memory or on disk here, else nil. `uses`: see `ContentCache.block`.
  static func cached(_ pieces: [Piece], uses: Bool) -> ReadData? {
    var data = ReadData()
    for piece in pieces {
      switch piece {
      case .version(let reader, let range):
        guard let known = reader.cached(range, uses: uses) else { return nil }
        for slice in known.slices { data.append(slice) }
      case .held(let held):
        guard let bytes = try? held.read() else { return nil }
        data.append(bytes[...])
      case .zeros(let count): data.append(ArraySlice(repeating: 0, count: count))
      }
    }
    return data
  }

  // MARK: Changing

  /// Notes that a range has bytes of its own now, which `local` holds already.
  mutating func wrote(_ range: Range<Int64>) {
    changed.insert(range)
    copied.remove(range)
    size = max(size, range.upperBound)
  }

  /// Replaces a range of the file by a range of a version in S3.
  mutating func copy(_ piece: CopiedRanges.Piece) {
    local.forget(piece.range)
    changed.remove(piece.range)
    copied.insert(piece)
    size = max(size, piece.range.upperBound)
  }

  /// Notes that the bytes of a copied range are held here from now on, so that its source is no longer needed.
  mutating func held(_ range: Range<Int64>) {
    changed.insert(range)
    copied.remove(range)
  }

  mutating func truncate(to size: Int64) {
    if size < self.size {
      local.truncate(to: size)
      changed.truncate(to: size)
      copied.truncate(to: size)
      if let visible = base?.visible { base?.visible = min(visible, size) }
    }
    self.size = size
  }

  /// Notes that S3 has these bytes: `base` is the version they made.
  mutating func saved(as base: Base) {
    self.base = base
    changed.removeAll()
    copied.removeAll()
  }
}

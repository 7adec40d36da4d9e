/// Plans how a file's changes become an object, with few bytes sent. Pure: plans, sends nothing.
///
/// A byte of the file is ours (in `local`), else the base's (below `base.visible`), else zero. The base's bytes need
/// not be sent: S3 copies them. But every part except the last must have 5 MiB, so that a short change is extended by
/// adjacent bytes of the base, and a short piece of the base between two changes is sent with them.
enum UploadPlan: Hashable, Sendable {
  /// The bytes are those of the base: only metadata may be new.
  case unchanged
  /// One PUT of all bytes.
  case put
  /// Parts in order; together exactly the object.
  case multipart([PlannedPart])

  /// The version that the file was opened with.
  struct Base: Hashable, Sendable {
    /// The object's size.
    let size: Int64
    /// How much of it the file still shows: less than `size` once the file has been truncated.
    let visible: Int64
  }

  /// - Parameter size: of the file, now.
  /// - Parameter copied: ranges whose bytes other objects have, in order. Each is copied from one of them.
  init(
    size: Int64, local: ByteRangeSet, base: Base?, copied: [Range<Int64>] = [], limits: UploadLimits = UploadLimits()
  ) {
    if let base, base.size == size, base.visible >= size, copied.isEmpty, !local.overlaps(0..<size) {
      self = .unchanged
    } else if size <= limits.putThreshold {
      self = .put
    } else {
      let file = Layout(size: size, local: local, visible: base?.visible ?? 0, copied: copied)
      self = .multipart(Self.parts(of: file, limits))
    }
  }

  /// Whether parts are copied from what is in S3.
  var copies: Bool { if case .multipart(let parts) = self { parts.contains { $0.isCopy } } else { false } }

  /// The sources of the file's bytes.
  private struct Layout {
    let size: Int64
    let local: ByteRangeSet
    let visible: Int64
    let copied: [Range<Int64>]

    /// Returns the pieces of a range that is not ours: ranges of another object, the base's, or zeros (not copyable).
    func pieces(in gap: Range<Int64>) -> [(range: Range<Int64>, isCopyable: Bool)] {
      var pieces: [(Range<Int64>, Bool)] = []
      var offset = gap.lowerBound
      func base(to end: Int64) {
        let split = min(max(visible, offset), end)
        pieces += [(offset..<split, true), (split..<end, false)]
      }
      for range in copied where range.overlaps(gap) {
        let range = range.clamped(to: gap)
        base(to: range.lowerBound)
        pieces.append((range, true))
        offset = range.upperBound
      }
      base(to: gap.upperBound)
      return pieces.filter { !$0.0.isEmpty }
    }
  }

  private static func parts(of file: Layout, _ given: UploadLimits) -> [PlannedPart] {
    var limits = given
    while true {
      let runs = runs(of: file, minimum: limits.minimumPartSize)
      let parts = runs.flatMap { cut($0, isLast: $0.range.upperBound == file.size, limits) }
      if parts.count <= limits.maximumParts { return parts }
      // Too many parts because they are small, or because changes are scattered over too many places.
      if runs.count > limits.maximumParts / 2 {
        limits.minimumPartSize *= 2
        limits.copyPartSize = max(limits.copyPartSize, 2 * limits.minimumPartSize)
      }
      limits.partSize = max(limits.partSize * 2, limits.minimumPartSize)
    }
  }

  // MARK: Runs

  /// Returns the file as alternating runs to send and to copy, each (but the last) of at least `minimum` bytes.
  private static func runs(of file: Layout, minimum: Int64) -> [PlannedPart] {
    var runs = Runs(size: file.size, minimum: minimum)
    for piece in file.local.covered(in: 0..<file.size) {
      switch piece {
      case .covered(let range): runs.send(range)
      case .gap(let gap):
        for (range, isCopyable) in file.pieces(in: gap) {
          if isCopyable { runs.copy(range) } else { runs.send(range) }
        }
      }
    }
    return runs.runs
  }

  /// Cuts a run into parts. A remainder that would be too short joins the part before it.
  private static func cut(_ run: PlannedPart, isLast: Bool, _ limits: UploadLimits) -> [PlannedPart] {
    let (start, end) = (run.range.lowerBound, run.range.upperBound)
    switch run {
    case .copy:
      let length = end - start
      let count = (length + limits.copyPartSize - 1) / limits.copyPartSize
      return (0..<count).map { part in
        .copy(start + length * part / count..<start + length * (part + 1) / count)
      }
    case .upload:
      var parts: [PlannedPart] = []
      var offset = start
      while offset < end {
        var next = min(end, offset + limits.partSize)
        if !isLast, end - next < limits.minimumPartSize { next = end }
        parts.append(.upload(offset..<next))
        offset = next
      }
      return parts
    }
  }
}

/// One part of a multipart upload: a range of the new object.
enum PlannedPart: Hashable, Sendable {
  /// Sent: our own bytes, and where we have none the base's (which must be read) or zeros.
  case upload(Range<Int64>)
  /// Copied by UploadPartCopy, from the same range of the base, or from the source of a copy; from one object.
  case copy(Range<Int64>)

  var range: Range<Int64> {
    switch self {
    case .upload(let range), .copy(let range): range
    }
  }

  var isCopy: Bool { if case .copy = self { true } else { false } }
}

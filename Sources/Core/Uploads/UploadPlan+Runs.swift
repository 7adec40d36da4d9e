extension UploadPlan {
  /// Builds the runs of an upload from left to right, and makes every run but the last long enough.
  ///
  /// Invariant: two runs to send are never neighbours (two to copy are, when they come from two objects); all but the
  /// last upload have at least `minimum` bytes.
  struct Runs {
    let size: Int64
    let minimum: Int64
    private(set) var runs: [PlannedPart] = []

    init(size: Int64, minimum: Int64) {
      self.size = size
      self.minimum = minimum
    }

    /// Adds a range that must be sent.
    mutating func send(_ range: Range<Int64>) {
      guard !range.isEmpty else { return }
      if case .upload(let before)? = runs.last {
        runs[runs.count - 1] = .upload(before.lowerBound..<range.upperBound)
      } else {
        runs.append(.upload(range))
      }
    }

    /// Adds a range that S3 could copy, if it is long enough after the run before has been filled up.
    mutating func copy(_ range: Range<Int64>) {
      guard !range.isEmpty else { return }
      let isLast = range.upperBound == size
      guard range.length >= minimum || isLast else { return send(range) }
      var start = range.lowerBound
      if case .upload(let upload)? = runs.last, upload.length < minimum {
        start += fill(lacking: minimum - upload.length, from: range, isLast: isLast)
      }
      send(range.lowerBound..<start)
      if start < range.upperBound { runs.append(.copy(start..<range.upperBound)) }
    }

    /// Fills up the last upload from the copies before and after it. Returns how many bytes it takes from the one
    /// after.
    private mutating func fill(lacking: Int64, from after: Range<Int64>, isLast: Bool) -> Int64 {
      let spareAfter = isLast ? after.length : after.length - minimum
      if spareAfter >= lacking { return lacking }
      // The last run, too short to fill up the one before: sent with it, as the last part.
      if isLast { return after.length }
      guard runs.count >= 2, case .copy(let before) = runs[runs.count - 2] else { return after.length }
      let spareBefore = before.length - minimum
      if spareBefore + spareAfter >= lacking {
        let taken = min(spareBefore, lacking)
        takeFromCopyBefore(taken)
        return lacking - taken
      }
      // Neither has enough to spare: the shorter one is sent whole.
      if before.length >= after.length { return after.length }
      takeFromCopyBefore(before.length)
      return 0
    }

    /// Moves the end of the copy before the last upload into that upload.
    private mutating func takeFromCopyBefore(_ count: Int64) {
      guard count > 0 else { return }
      let upload = runs.removeLast().range
      let copy = runs.removeLast().range
      let cut = copy.upperBound - count
      if cut > copy.lowerBound { runs.append(.copy(copy.lowerBound..<cut)) }
      send(cut..<upload.upperBound)
    }
  }
}

extension Range<Int64> {
  fileprivate var length: Int64 { upperBound - lowerBound }
}

/// Decides what to fetch ahead of one handle's reads. Pure: the caller fetches.
///
/// Reads in order open a window ahead of them, which doubles as long as they continue. The kernel's own readahead sends
/// several reads at once, which arrive in any order: a read near the furthest one still counts as in order. A read
/// elsewhere closes the window, and until a second one follows it nothing is fetched ahead.
struct Readahead: Hashable, Sendable {
  /// In bytes.
  struct Limits: Hashable, Sendable {
    var firstWindow: Int64 = 256 << 10
    var largestWindow: Int64 = 32 << 20
    /// The largest range of one request.
    var fetch: Int64 = 16 << 20
    /// How far a read may be from the furthest one and still count as in order: the kernel's usual window (128 KiB) a
    /// few times. The window of larger reads is larger in proportion.
    var tolerance: Int64 = 512 << 10

    init() {}

    /// Returns the limits for bytes that will surely be read: few large requests cost the server least, two of them
    /// within `share`, which is what the reader may fetch ahead.
    func certain(within share: Int64) -> Self {
      var limits = self
      limits.fetch = min(max(1 << 20, share / 2), fetch, largestWindow)
      limits.firstWindow = limits.fetch
      limits.largestWindow = limits.fetch * 2
      return limits
    }
  }

  let limits: Limits
  /// How far ahead it fetches now, in bytes.
  private(set) var window: Int64
  /// The furthest end of a read in the current sequence; 0 before the first, as most files are read from the start.
  private var position: Int64 = 0
  /// The end of the bytes that have been requested, at least `position`.
  private var fetched: Int64 = 0
  /// Whether the last read continued a sequence, or may have begun one at the start of the file.
  private(set) var isSequential = true

  init(limits: Limits = Limits()) {
    self.limits = limits
    window = limits.firstWindow
  }

  /// Creates the readahead of reads in order from `start` on.
  init(limits: Limits, from start: Int64) {
    self.init(limits: limits)
    position = start
    fetched = start
  }

  /// Same as `next`, together with the kind of the read itself.
  mutating func advise(read: Range<Int64>, fileSize: Int64) -> ReadAdvice {
    let ranges = next(read: read, fileSize: fileSize)
    return ReadAdvice(ahead: ranges, isSequential: isSequential)
  }

  /// Records a read and returns the ranges to fetch now, in order: none that was returned before in this sequence, none
  /// past the end of the file, and not the read itself.
  mutating func next(read: Range<Int64>, fileSize: Int64) -> [Range<Int64>] {
    guard !read.isEmpty else { return [] }
    guard isInOrder(read) else {
      self = Self(limits: limits)
      position = read.upperBound
      fetched = read.upperBound
      isSequential = false
      return []
    }
    isSequential = true
    guard read.upperBound > position else { return [] }
    position = read.upperBound
    fetched = max(fetched, position)
    window = max(window, min(2 * Int64(read.count), limits.largestWindow))
    // Half a window is still in flight: wait, and then request more at once.
    guard fetched - position < window / 2 else { return [] }
    let start = fetched
    fetched = max(start, min(position + window, fileSize))
    // Whole requests only: the remainder is part of the next one.
    if fetched < fileSize, fetched - start > limits.fetch { fetched -= (fetched - start) % limits.fetch }
    window = min(window * 2, limits.largestWindow)
    return cut(start..<fetched)
  }

  /// Narrows the window to a size, where others need the memory.
  mutating func narrow(to size: Int64) { window = min(window, max(size, limits.firstWindow)) }

  private func isInOrder(_ read: Range<Int64>) -> Bool {
    // The very first read: only from the start.
    if position == 0 { return read.lowerBound == 0 }
    // After a jump the kernel sends no readahead: a read that is near only by chance must not fetch a window.
    let near = 4 * Int64(read.count)
    return abs(read.lowerBound - position) <= (isSequential ? max(limits.tolerance, near) : near)
  }

  private func cut(_ range: Range<Int64>) -> [Range<Int64>] {
    stride(from: range.lowerBound, to: range.upperBound, by: Int(limits.fetch)).map { start in
      start..<min(start + limits.fetch, range.upperBound)
    }
  }
}

/// The best way to serve a read.
struct ReadAdvice: Sendable {
  /// Ranges to prefetch.
  var ahead: [Range<Int64>] = []
  /// Whether whole blocks are worth fetching; else little more than the read itself.
  var isSequential = true

  static let readOnce = Self()
}

/// Decides what to fetch ahead of one handle's reads. Pure: the caller fetches.
///
/// Reads in order open a window ahead of them, which doubles as long as they go on. The kernel's own readahead sends
/// several reads at once, which arrive in any order: a read near the furthest one still counts as in order. A read
/// elsewhere closes the window, and until a second one follows it nothing is fetched ahead.
struct Readahead: Hashable, Sendable {
  /// In bytes.
  struct Limits: Hashable, Sendable {
    var firstWindow: Int64 = 256 << 10
    var largestWindow: Int64 = 32 << 20
    /// The most that is asked for in one range.
    var fetch: Int64 = 16 << 20
    /// How far a read may be from the furthest one and still be in order: the kernel's usual window (128 KiB) a few
    /// times. Where reads are larger, so is the window that they come from.
    var tolerance: Int64 = 512 << 10

    init() {}

    /// For bytes that will surely be read: few large requests cost the server least, two of them within `share`, which
    /// is what the reader may fetch ahead.
    func certain(within share: Int64) -> Self {
      var limits = self
      limits.fetch = min(max(1 << 20, share / 2), fetch, largestWindow)
      limits.firstWindow = limits.fetch
      limits.largestWindow = limits.fetch * 2
      return limits
    }
  }

  let limits: Limits
  /// How far ahead it fetches now.
  private(set) var window: Int64
  /// The furthest end of a read in the present sequence; 0 before the first, as most files are read from the start.
  private var position: Int64 = 0
  /// Up to where bytes have been asked for, at least `position`.
  private var fetched: Int64 = 0
  /// Whether the last read continued a sequence, or may have begun one at the start of the file.
  private(set) var isSequential = true

  init(limits: Limits = Limits()) {
    self.limits = limits
    window = limits.firstWindow
  }

  /// For reads in order from `start` on.
  init(limits: Limits, from start: Int64) {
    self.init(limits: limits)
    position = start
    fetched = start
  }

  /// The same as `next`, together with what the read itself is like.
  mutating func advise(read: Range<Int64>, fileSize: Int64) -> ReadAdvice {
    let ranges = next(read: read, fileSize: fileSize)
    return ReadAdvice(ahead: ranges, isSequential: isSequential)
  }

  /// Takes note of a read and returns what to fetch now, in order: nothing that was returned before in this sequence,
  /// nothing past the end of the file, and not the read itself.
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
    // Half a window is still on its way: wait, and then ask for more at once.
    guard fetched - position < window / 2 else { return [] }
    let start = fetched
    fetched = max(start, min(position + window, fileSize))
    // Whole requests: what is left over comes with the next.
    if fetched < fileSize, fetched - start > limits.fetch { fetched -= (fetched - start) % limits.fetch }
    window = min(window * 2, limits.largestWindow)
    return cut(start..<fetched)
  }

  /// Takes the window back to a size, where others need the memory.
  mutating func narrow(to size: Int64) { window = min(window, max(size, limits.firstWindow)) }

  private func isInOrder(_ read: Range<Int64>) -> Bool {
    // The very first read: only from the start.
    if position == 0 { return read.lowerBound == 0 }
    // After a jump the kernel sends nothing ahead: what is near only by chance must not fetch a window.
    let near = 4 * Int64(read.count)
    return abs(read.lowerBound - position) <= (isSequential ? max(limits.tolerance, near) : near)
  }

  private func cut(_ range: Range<Int64>) -> [Range<Int64>] {
    stride(from: range.lowerBound, to: range.upperBound, by: Int(limits.fetch)).map { start in
      start..<min(start + limits.fetch, range.upperBound)
    }
  }
}

/// How a read is best served.
struct ReadAdvice: Sendable {
  /// What to fetch besides.
  var ahead: [Range<Int64>] = []
  /// Whether whole blocks are worth fetching; else little more than what is read.
  var isSequential = true

  static let readOnce = Self()
}

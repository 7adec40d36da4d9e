/// The bytes of a file that this process holds: those written here, or kept from before.
///
/// Small ones stay in memory while the budget of all files allows it, others go to a spool file. `ranges` are those
/// held; the rest comes from the object's base version, or is zero.
///
/// A value. `freeze` returns a copy whose bytes never change: bytes in memory are copied by the next write, and a range
/// of the spool file that a frozen copy holds is never written in place; the file is copied first. Does no disk work
/// itself: the caller does what `place` returns.
struct LocalBytes: Sendable {
  /// The limit in memory; more goes to disk.
  static let memoryLimit = 1 << 20

  private(set) var ranges = ByteRangeSet()
  private var memory: [UInt8] = []
  private(set) var spool: SpoolFile?
  /// The ranges of the same memory or spool file that frozen copies hold; nil if there are none.
  private var frozen: ByteRangeSet?
  private let budget: ByteBudget
  /// The budget share of `memory`.
  private var share: BudgetShare

  /// - Parameter budget: for bytes in memory.
  init(budget: ByteBudget) {
    self.budget = budget
    share = BudgetShare(of: budget)
  }

  /// Takes over what another process left behind.
  init(recovering spool: SpoolFile, ranges: ByteRangeSet, budget: ByteBudget) {
    self.init(budget: budget)
    self.spool = spool
    self.ranges = ranges
  }

  // MARK: Reading

  /// Bytes that are held: in memory, or in a range of a spool file.
  enum Held {
    case memory([UInt8])
    case file(SpoolFile, Range<Int64>)

    /// Reads the bytes. Throws ioFailure.
    func read() throws(FileSystemError) -> [UInt8] {
      switch self {
      case .memory(let bytes): bytes
      case .file(let file, let range): try file.read(at: range.lowerBound, count: range.count)
      }
    }
  }

  /// Returns a range that is completely held.
  func held(_ range: Range<Int64>) -> Held {
    if let spool { return .file(spool, range) }
    return .memory(Array(memory[Int(range.lowerBound)..<Int(range.upperBound)]))
  }

  // MARK: Writing

  /// The destination of the bytes of a range.
  enum Place {
    /// In memory, by `write`.
    case memory
    /// To this file, whose reservation must be `bytes`; then call `wrote`.
    case file(SpoolFile, bytes: Int64)
    /// Nowhere yet: fill a new spool file with these, and call `moved`.
    case newFile(Contents)
  }

  /// All bytes held, to be written to another file.
  struct Contents {
    fileprivate let ranges: ByteRangeSet
    fileprivate let memory: [UInt8]
    fileprivate let spool: SpoolFile?

    /// Writes all bytes to a file. Blocks. Throws noSpace, ioFailure.
    func write(to file: SpoolFile) throws(FileSystemError) {
      try file.reserve(ranges.count)
      guard let spool else { return try file.write(memory.span.bytes, at: 0) }
      for range in ranges.ranges {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
          let count = Int(min(range.upperBound - start, 1 << 20))
          let bytes = try spool.read(at: start, count: count)
          try file.write(bytes.span.bytes, at: start)
        }
      }
    }
  }

  var contents: Contents { Contents(ranges: ranges, memory: memory, spool: spool) }

  mutating func place(for range: Range<Int64>) -> Place {
    if let spool {
      guard !(frozen?.overlaps(range) ?? false) else { return .newFile(contents) }
      var held = frozen ?? ByteRangeSet()
      for range in ranges.ranges { held.insert(range) }
      held.insert(range)
      return .file(spool, bytes: held.count)
    }
    return takesMemory(to: range.upperBound) ? .memory : .newFile(contents)
  }

  private mutating func takesMemory(to end: Int64) -> Bool {
    guard end <= Self.memoryLimit else { return false }
    if frozen == nil { return end <= memory.count || share.resize(to: end) }
    // The next write copies the bytes, so that they need room of their own.
    let own = BudgetShare(of: budget)
    guard own.resize(to: max(end, Int64(memory.count))) else { return false }
    (share, frozen) = (own, nil)
    return true
  }

  /// Writes in memory, as `place` permitted.
  mutating func write(_ bytes: RawSpan, at offset: Int64) {
    let start = Int(offset)
    if memory.count < start { memory.append(contentsOf: repeatElement(0, count: start - memory.count)) }
    bytes.withUnsafeBytes { source in
      let known = min(source.count, memory.count - start)
      memory.withUnsafeMutableBytes { $0[start..<start + known].copyBytes(from: source.prefix(known)) }
      // The buffer's own type: of raw bytes an unoptimised build would append one after the other.
      source.withMemoryRebound(to: UInt8.self) { bytes in
        memory.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[known...]))
      }
    }
    ranges.insert(offset..<offset + Int64(bytes.byteCount))
  }

  /// Notes that the spool file now has a range.
  mutating func wrote(_ range: Range<Int64>) { ranges.insert(range) }

  /// Notes that all bytes held are now in a file. With `isFrozen` the frozen copy was moved to the same file.
  mutating func moved(to file: SpoolFile, isFrozen: Bool = false) {
    memory = []
    share = BudgetShare(of: budget)
    spool = file
    if !isFrozen { frozen = nil }
  }

  // MARK: Releasing

  /// Drops a range.
  mutating func forget(_ range: Range<Int64>) {
    ranges.remove(range)
    reserve()
  }

  mutating func truncate(to size: Int64) {
    ranges.truncate(to: size)
    if memory.count > Int(size) {
      if frozen != nil {
        // The moment in which it is not counted is less than what the frozen copy is counted for.
        share = BudgetShare(of: budget)
        frozen = nil
      }
      memory.removeLast(memory.count - Int(size))
      share.set(to: size)
    }
    reserve()
  }

  /// The space that the file may return to the disk: nothing from this offset on is held in it. Nil while a frozen copy
  /// needs it.
  var unused: (file: SpoolFile, from: Int64)? {
    guard let spool, frozen == nil else { return nil }
    return (spool, ranges.end)
  }

  private func reserve() {
    // A smaller reservation is never refused.
    if frozen == nil { try? spool?.reserve(ranges.count) }
  }

  /// Forgets all bytes.
  mutating func discard() { self = LocalBytes(budget: budget) }

  // MARK: Copies

  /// Returns a copy that never changes. `reserved` are ranges that it may get bytes for later.
  mutating func freeze(reserved: [Range<Int64>]) -> LocalBytes {
    let copy = self
    var all = frozen ?? ByteRangeSet()
    for range in ranges.ranges + reserved { all.insert(range) }
    frozen = all
    return copy
  }

  /// Notes that no frozen copy is in use any more.
  mutating func thaw() {
    frozen = nil
    reserve()
  }

  /// Whether this and a frozen copy still have the same bytes in memory: then both may move to one file.
  var isFrozenInMemory: Bool { spool == nil && frozen != nil }
}

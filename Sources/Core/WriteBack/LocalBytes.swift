/// The bytes of a file that this process holds: those written here, or kept from before.
///
/// Small ones stay in memory while the budget of all files allows it, others go to a spool file. Which bytes are held
/// is told by `ranges`; the rest comes from the object's base version, or is zero.
struct LocalBytes {
  /// More than this goes to disk.
  static let memoryLimit = 1 << 20

  private(set) var ranges = ByteRangeSet()
  private var memory: [UInt8] = []
  private(set) var spool: SpoolFile?
  private let directory: SpoolDirectory
  private let share: BudgetShare

  init(in directory: SpoolDirectory) {
    self.directory = directory
    share = BudgetShare(of: directory.memory)
  }

  /// What another process left behind.
  init(recovering spool: SpoolFile, ranges: ByteRangeSet, in directory: SpoolDirectory) {
    self.init(in: directory)
    self.spool = spool
    self.ranges = ranges
  }

  /// Throws noSpace, ioFailure: then nothing was written.
  mutating func write(_ bytes: RawSpan, at offset: Int64) throws(FileSystemError) {
    guard !bytes.isEmpty else { return }
    let range = offset..<offset + Int64(bytes.byteCount)
    if spool == nil, !fitsInMemory(to: range.upperBound) { try spill() }
    if let spool {
      let added = ranges.gaps(in: range).reduce(0) { $0 + Int64($1.count) }
      try spool.reserve(ranges.count + added)
      try spool.write(bytes, at: offset)
    } else {
      writeInMemory(bytes, at: Int(offset))
    }
    ranges.insert(range)
  }

  private mutating func writeInMemory(_ bytes: RawSpan, at start: Int) {
    if memory.count < start { memory.append(contentsOf: repeatElement(0, count: start - memory.count)) }
    bytes.withUnsafeBytes { source in
      let known = min(source.count, memory.count - start)
      memory.withUnsafeMutableBytes { $0[start..<start + known].copyBytes(from: source.prefix(known)) }
      // The buffer's own type: of raw bytes an unoptimised build would append one after the other.
      source.withMemoryRebound(to: UInt8.self) { bytes in
        memory.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[known...]))
      }
    }
  }

  private func fitsInMemory(to end: Int64) -> Bool {
    end <= Self.memoryLimit && (end <= memory.count || share.resize(to: end))
  }

  /// Holds zeros for a range, without writing more than needed.
  mutating func writeZeros(_ range: Range<Int64>) throws(FileSystemError) {
    let chunk = [UInt8](repeating: 0, count: Int(min(Int64(range.count), 1 << 20)))
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = Int(min(Int64(chunk.count), range.upperBound - offset))
      try write(chunk.span.bytes.extracting(0..<count), at: offset)
      offset += Int64(count)
    }
  }

  /// Bytes of a range that is wholly held.
  func read(_ range: Range<Int64>) throws(FileSystemError) -> [UInt8] {
    if let spool { return try spool.read(at: range.lowerBound, count: range.count) }
    return Array(memory[Int(range.lowerBound)..<Int(range.upperBound)])
  }

  /// Holds a range no longer.
  mutating func forget(_ range: Range<Int64>) {
    ranges.remove(range)
    // A smaller reservation is never refused.
    try? spool?.reserve(ranges.count)
  }

  mutating func truncate(to size: Int64) {
    ranges.truncate(to: size)
    if memory.count > Int(size) {
      memory.removeLast(memory.count - Int(size))
      _ = share.resize(to: size)
    }
    // A smaller reservation is never refused.
    if let spool {
      // What a record names stays until the next record.
      if !spool.hasRecord { spool.truncate(to: ranges.end) }
      try? spool.reserve(ranges.count)
    }
  }

  /// Moves everything to a spool file. Throws noSpace, ioFailure.
  mutating func spill() throws(FileSystemError) {
    guard spool == nil else { return }
    let file = try directory.makeFile()
    do throws(FileSystemError) {
      try file.reserve(ranges.count)
      try file.write(memory.span.bytes, at: 0)
    } catch {
      file.remove()
      throw error
    }
    memory = []
    _ = share.resize(to: 0)
    spool = file
  }

  /// Forgets all bytes. The spool file is removed, its record first.
  mutating func discard() {
    ranges = ByteRangeSet()
    memory = []
    _ = share.resize(to: 0)
    spool?.remove()
    spool = nil
  }
}

/// The bytes of a file that this process holds: those written here, or kept from before.
///
/// Small ones stay in memory, larger ones go to a spool file. Which bytes are held is told by `ranges`; the rest comes
/// from the object's base version, or is zero.
struct LocalBytes {
  /// More than this goes to disk.
  static let memoryLimit = 1 << 20

  private(set) var ranges = ByteRangeSet()
  private var memory: [UInt8] = []
  private(set) var spool: SpoolFile?
  private let makeSpool: @Sendable () throws(FileSystemError) -> SpoolFile

  init(makeSpool: @escaping @Sendable () throws(FileSystemError) -> SpoolFile) { self.makeSpool = makeSpool }

  mutating func write(_ bytes: RawSpan, at offset: Int64) throws(FileSystemError) {
    guard !bytes.isEmpty else { return }
    let end = offset + Int64(bytes.byteCount)
    if spool == nil && end > Self.memoryLimit { try spill() }
    if let spool {
      try spool.write(bytes, at: offset)
    } else {
      if memory.count < Int(end) { memory.append(contentsOf: repeatElement(0, count: Int(end) - memory.count)) }
      memory.withUnsafeMutableBytes { target in
        bytes.withUnsafeBytes { target[Int(offset)..<Int(end)].copyBytes(from: $0) }
      }
    }
    ranges.insert(offset..<end)
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

  mutating func truncate(to size: Int64) {
    ranges.truncate(to: size)
    if memory.count > Int(size) { memory.removeLast(memory.count - Int(size)) }
  }

  /// Moves everything to the spool file, for instance so that it outlives the process.
  mutating func spill() throws(FileSystemError) {
    guard spool == nil else { return }
    let file = try makeSpool()
    try file.write(memory.span.bytes, at: 0)
    memory = []
    spool = file
  }

  /// Forgets all bytes. The spool file is removed.
  mutating func discard() {
    ranges = ByteRangeSet()
    memory = []
    spool?.remove()
    spool = nil
  }
}

/// Names in a zip's local headers (PKWARE's APPNOTE 4.3), in the order in which libarchive reads the entries: by place.
struct ZipNames: ExactNames {
  private static let longestDirectory: Int64 = 256 << 20

  private let source: FileBytes
  /// Where the local headers are, in order.
  private let places: [Int64]
  private var index = 0

  /// Returns `nil` if there is no central directory.
  init?(_ source: FileBytes) {
    self.source = source
    guard let directory = Self.directory(source) else { return nil }
    let size = source.size
    places = Self.places(directory.bytes).map { min($0, size) + directory.shift }
  }

  mutating func next(at position: Int64) -> Spellings {
    guard index < places.count else { return Spellings() }
    defer { index += 1 }
    let place = places[index]
    guard let header = source.bytes(at: place, 30), header.starts(with: [0x50, 0x4B, 0x03, 0x04]) else {
      return Spellings()
    }
    let (nameLength, extraLength) = (Int(header.number(at: 26, 2)), Int(header.number(at: 28, 2)))
    guard let bytes = source.bytes(at: place + 30, nameLength + extraLength) else { return Spellings() }
    let names = [Array(bytes[..<nameLength])] + Self.unicodePath(in: Array(bytes[nameLength...]))
    return Spellings(names: names.compactMap { String(validating: $0, as: UTF8.self) })
  }

  /// Info-ZIP's Unicode path (APPNOTE 4.6.9).
  private static func unicodePath(in extra: [UInt8]) -> [[UInt8]] {
    field(0x7075, in: extra).map { $0.count > 5 ? [Array($0[5...])] : [] } ?? []
  }

  private static func field(_ wanted: UInt64, in extra: [UInt8]) -> [UInt8]? {
    var start = 0
    while start + 4 <= extra.count {
      let end = start + 4 + Int(extra.number(at: start + 2, 2))
      guard end <= extra.count else { return nil }
      if extra.number(at: start, 2) == wanted { return Array(extra[(start + 4)..<end]) }
      start = end
    }
    return nil
  }

  /// Returns the central directory, and the offset of the archive if other bytes precede it.
  private static func directory(_ source: FileBytes) -> (bytes: [UInt8], shift: Int64)? {
    let size = source.size
    let tailStart = max(0, size - 22 - 0xFFFF)
    guard let tail = source.bytes(at: tailStart, Int(size - tailStart)), tail.count >= 22,
      let end = (0...(tail.count - 22)).last(where: { tail.number(at: $0, 4) == 0x0605_4B50 })
    else { return nil }
    var length = Int64(tail.number(at: end + 12, 4))
    var start = Int64(tail.number(at: end + 16, 4))
    var directoryEnd = tailStart + Int64(end)
    if end >= 20, tail.number(at: end - 20, 4) == 0x0706_4B50,
      let place = Int64(exactly: tail.number(at: end - 12, 8)), let large = source.bytes(at: place, 56),
      large.number(at: 0, 4) == 0x0606_4B50
    {
      length = Int64(clamping: large.number(at: 40, 8))
      start = Int64(clamping: large.number(at: 48, 8))
      directoryEnd = place
    }
    guard length <= min(size, longestDirectory), start <= size else { return nil }
    for shift in [0, directoryEnd - length - start] {
      guard let bytes = source.bytes(at: start + shift, Int(length)) else { continue }
      if bytes.isEmpty || bytes.starts(with: [0x50, 0x4B, 0x01, 0x02]) { return (bytes, shift) }
    }
    return nil
  }

  private static func places(_ directory: [UInt8]) -> [Int64] {
    var places: Set<Int64> = []
    var start = 0
    while start + 46 <= directory.count, directory.number(at: start, 4) == 0x0201_4B50 {
      let (name, extra) = (Int(directory.number(at: start + 28, 2)), Int(directory.number(at: start + 30, 2)))
      let end = start + 46 + name + extra
      guard end <= directory.count else { break }
      var place = directory.number(at: start + 42, 4)
      if place == 0xFFFF_FFFF, let large = field(0x0001, in: Array(directory[(start + 46 + name)..<end])) {
        // Behind the two sizes, of which only those are there that did not fit either.
        let before = [20, 24].count { directory.number(at: start + $0, 4) == 0xFFFF_FFFF } * 8
        if before + 8 <= large.count { place = large.number(at: before, 8) }
      }
      places.insert(Int64(clamping: place))
      start = end + Int(directory.number(at: start + 32, 2))
    }
    return places.sorted()
  }
}

extension [UInt8] {
  /// So many bytes as a number, the lowest first. They must be there.
  fileprivate func number(at offset: Int, _ count: Int) -> UInt64 {
    self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

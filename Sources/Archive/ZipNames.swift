/// Names in a zip's local headers (PKWARE's APPNOTE 4.3), in the order in which libarchive reads the entries: by place.
///
/// libarchive changes more than the spelling: in a name without "/" it converts each backslash to one, wherever the zip
/// was made (it checks the local header, which does not record that), and it ends a name at a zero byte. Here a
/// backslash becomes "/" only in a zip made on Windows, and a name that differs in anything else is a problem of its
/// entry.
struct ZipNames: ExactNames {
  /// An entry as the central directory describes it.
  private struct Place {
    /// The offset of its local header.
    var offset: Int64
    var isMadeOnWindows: Bool
    var isStored: Bool
    /// The size of its contents, in bytes.
    var size: Int
  }

  private static let longestDirectory: Int64 = 256 << 20
  /// The limit of a link's target, in bytes.
  private static let longestTarget = 64 << 10
  /// The upper byte of "version made by" (APPNOTE 4.4.2): FAT, HPFS, NTFS by PKWARE and by Info-ZIP, VFAT.
  private static let windows: Set<UInt8> = [0, 6, 10, 11, 14]
  private static let unix: UInt8 = 3

  private let source: FileBytes
  /// Sorted by offset.
  private let places: [Place]
  private var index = 0

  /// Returns `nil` if there is no central directory.
  init?(_ source: FileBytes) {
    self.source = source
    guard let directory = Self.directory(source) else { return nil }
    let size = source.size
    places = Self.places(directory.bytes).map {
      var place = $0
      place.offset = min(place.offset, size) + directory.shift
      return place
    }
  }

  mutating func settle(_ entry: inout ArchiveEntry, at position: Int64) {
    guard index < places.count else {
      entry.problem = "it is not in the archive's directory"
      return
    }
    let place = places[index]
    index += 1
    guard let header = header(at: place.offset) else {
      entry.problem = "its header cannot be read"
      return
    }
    entry.hasLiteralName = Self.isMadeOnUnix(by: header.extra)
    let names = ([header.name] + Self.unicodePath(in: header.extra)).compactMap {
      String(validating: $0, as: UTF8.self)
    }
    Self.settle(&entry, names, isMadeOnWindows: place.isMadeOnWindows && !entry.hasLiteralName)
    if case .symbolicLink(let target) = entry.kind {
      if let exact = exact(target, place, contents: header.end) {
        entry.kind = .symbolicLink(target: exact)
      } else {
        entry.problem = "its target cannot be read as it is written"
      }
    }
  }

  /// Returns a link's target as in its contents; `nil` if it is another. libarchive changes it as it does names.
  private func exact(_ target: String, _ place: Place, contents: Int64) -> String? {
    // Composing one changes its length, and hardly any program compresses links.
    guard place.isStored else { return target.utf8.count == place.size ? target : nil }
    guard place.size <= Self.longestTarget, let bytes = source.bytes(at: contents, place.size),
      let exact = String(validating: bytes, as: UTF8.self), exact == target
    else { return nil }
    return exact
  }

  /// Selects the name that libarchive has read.
  private static func settle(_ entry: inout ArchiveEntry, _ names: [String], isMadeOnWindows: Bool) {
    guard let read = entry.name, !names.isEmpty else {
      // libarchive replaces bytes that are not UTF-8.
      entry.name = nil
      return
    }
    // libarchive ends the names of directories in "/".
    func isRead(_ name: String) -> Bool { name == read || (entry.kind == .directory && name + "/" == read) }
    if let name = names.first(where: isRead) {
      entry.name = name
    } else if let name = names.first(where: { isRead(slashed($0)) }) {
      entry.name = isMadeOnWindows ? slashed(name) : name
      if !isMadeOnWindows, entry.kind == .directory, name.utf8.last == backslash {
        entry.problem = "its name ends in a backslash, and it cannot be known whether it is a directory"
      }
    } else {
      let holdsZero = names.contains { $0.utf8.contains(0) }
      entry.problem = holdsZero ? "its name holds a zero byte" : "its name cannot be read as it is written"
    }
  }

  private static let backslash = UInt8(ascii: "\\")

  private static func slashed(_ name: String) -> String {
    String(decoding: name.utf8.map { $0 == backslash ? UInt8(ascii: "/") : $0 }, as: UTF8.self)
  }

  private func header(at place: Int64) -> (name: [UInt8], extra: [UInt8], end: Int64)? {
    guard let header = source.bytes(at: place, 30), header.starts(with: [0x50, 0x4B, 0x03, 0x04]) else { return nil }
    let (nameLength, extraLength) = (Int(header.number(at: 26, 2)), Int(header.number(at: 28, 2)))
    guard let bytes = source.bytes(at: place + 30, nameLength + extraLength) else { return nil }
    return (Array(bytes[..<nameLength]), Array(bytes[nameLength...]), place + 30 + Int64(bytes.count))
  }

  /// Returns whether libarchive's field "xl" marks an entry made on Unix; its writers add the field only on request: a
  /// bitmap, and for its lowest bit "version made by".
  private static func isMadeOnUnix(by extra: [UInt8]) -> Bool {
    guard let bytes = field(0x6C78, in: extra), bytes.count >= 3 else { return false }
    return bytes[0] & 0x81 == 1 && bytes[2] == unix
  }

  /// Returns Info-ZIP's Unicode path (APPNOTE 4.6.9).
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
    guard let tail = source.bytes(at: tailStart, Int(size - tailStart)), tail.count >= 22 else { return nil }
    // The archive's comment follows, and can hold anything.
    for end in (0...(tail.count - 22)).reversed() where tail.number(at: end, 4) == 0x0605_4B50 {
      if let found = directory(source, tail, end: end, at: tailStart + Int64(end)) { return found }
    }
    return nil
  }

  /// - Parameters:
  ///   - end: where the end record is in the archive's tail.
  ///   - endPlace: where it is in the archive.
  private static func directory(
    _ source: FileBytes, _ tail: [UInt8], end: Int, at endPlace: Int64
  ) -> (bytes: [UInt8], shift: Int64)? {
    var length = Int64(tail.number(at: end + 12, 4))
    var start = Int64(tail.number(at: end + 16, 4))
    var directoryEnd = endPlace
    if end >= 20, tail.number(at: end - 20, 4) == 0x0706_4B50,
      let place = Int64(exactly: tail.number(at: end - 12, 8)), let large = source.bytes(at: place, 56),
      large.number(at: 0, 4) == 0x0606_4B50
    {
      length = Int64(clamping: large.number(at: 40, 8))
      start = Int64(clamping: large.number(at: 48, 8))
      directoryEnd = place
    }
    guard length <= min(source.size, longestDirectory), start <= source.size else { return nil }
    for shift in [0, directoryEnd - length - start] {
      guard let bytes = source.bytes(at: start + shift, Int(length)) else { continue }
      if bytes.isEmpty || bytes.starts(with: [0x50, 0x4B, 0x01, 0x02]) { return (bytes, shift) }
    }
    return nil
  }

  private static func places(_ directory: [UInt8]) -> [Place] {
    // libarchive, too, uses the first of several for one place.
    var places: [Int64: Place] = [:]
    var start = 0
    while start + 46 <= directory.count, directory.number(at: start, 4) == 0x0201_4B50 {
      let (name, extra) = (Int(directory.number(at: start + 28, 2)), Int(directory.number(at: start + 30, 2)))
      let end = start + 46 + name + extra
      guard end <= directory.count else { break }
      var place = directory.number(at: start + 42, 4)
      if place == 0xFFFF_FFFF, let large = field(0x0001, in: Array(directory[(start + 46 + name)..<end])) {
        // After the two sizes, of which only those are present that did not fit either.
        let before = [20, 24].count { directory.number(at: start + $0, 4) == 0xFFFF_FFFF } * 8
        if before + 8 <= large.count { place = large.number(at: before, 8) }
      }
      let found = Place(
        offset: Int64(clamping: place), isMadeOnWindows: windows.contains(directory[start + 5]),
        isStored: directory.number(at: start + 10, 2) == 0, size: Int(directory.number(at: start + 24, 4)))
      if places[found.offset] == nil { places[found.offset] = found }
      start = end + Int(directory.number(at: start + 32, 2))
    }
    return places.values.sorted { $0.offset < $1.offset }
  }
}

extension [UInt8] {
  /// Returns `count` bytes as a number, the lowest first. They must exist.
  fileprivate func number(at offset: Int, _ count: Int) -> UInt64 {
    self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

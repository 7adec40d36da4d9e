/// Reads the names in a tar's PAX headers (POSIX.1-2017, pax), the only ones of a tar that libarchive does not return
/// unchanged.
struct TarNames: ExactNames {
  private static let blockSize = 512
  /// The limit of headers before one entry, and of their length.
  private static let mostHeaders = 16
  private static let longestHeader = 1 << 20

  let source: any ArchiveBytes

  func settle(_ entry: inout ArchiveEntry, at position: Int64) { spellings(at: position).apply(to: &entry) }

  private func spellings(at position: Int64) -> Spellings {
    var spellings = Spellings()
    var position = position
    for _ in 0..<Self.mostHeaders {
      guard let block = source.bytes(at: position, Self.blockSize), let size = Self.size(in: block) else { break }
      position += Int64(Self.blockSize)
      switch block[156] {
      case UInt8(ascii: "x"), UInt8(ascii: "X"):
        guard size <= Self.longestHeader, let records = source.bytes(at: position, size) else { return spellings }
        Self.add(records, to: &spellings)
      // Global records, GNU's long names, Solaris's ACLs and volume headers also come before an entry.
      case UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "A"), UInt8(ascii: "V"): break
      default: return spellings
      }
      position += Int64(size) + Int64(-size & (Self.blockSize - 1))
    }
    return spellings
  }

  /// Returns the size field, which has octal digits.
  private static func size(in header: [UInt8]) -> Int? {
    var size = 0
    for byte in header[124..<136] {
      switch byte {
      case 0x30...0x37: size = size << 3 | Int(byte - 0x30)
      case 0x20, 0: continue
      default: return nil
      }
    }
    return size
  }

  /// Adds the names in records, which are `LENGTH NAME=VALUE\n`, with LENGTH bytes in all.
  private static func add(_ records: [UInt8], to spellings: inout Spellings) {
    var rest = records[...]
    while let blank = rest.firstIndex(of: UInt8(ascii: " ")),
      let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length <= rest.count,
      blank < rest.startIndex + length
    {
      let record = rest[(blank + 1)..<(rest.startIndex + length)].dropLast()
      rest = rest.dropFirst(length)
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")),
        let value = String(validating: record[(equals + 1)...], as: UTF8.self)
      else { continue }
      switch String(decoding: record[..<equals], as: UTF8.self) {
      // The last one takes effect.
      case "path", "GNU.sparse.name": spellings.names.insert(value, at: 0)
      case "linkpath": spellings.targets.insert(value, at: 0)
      default: continue
      }
    }
  }
}

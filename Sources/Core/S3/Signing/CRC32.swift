/// CRC-32 computed piece by piece, eight bytes at a step: zlib's, or Castagnoli's (RFC 3720).
package struct CRC32: Sendable {
  /// The polynomials, their bits reversed.
  package enum Polynomial: UInt32, Sendable {
    case ieee = 0xEDB8_8320
    case castagnoli = 0x82F6_3B78
  }

  private let tables: [UInt32]
  private var state: UInt32 = ~0

  private static let ieeeTables = makeTables(.ieee)
  private static let castagnoliTables = makeTables(.castagnoli)

  package init(_ polynomial: Polynomial) {
    tables = polynomial == .ieee ? Self.ieeeTables : Self.castagnoliTables
  }

  package var value: UInt32 { ~state }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    tables.withUnsafeBufferPointer { table in
      var offset = 0
      while offset + 8 <= bytes.count {
        let low = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian ^ crc
        let high = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self).littleEndian
        crc =
          table[1792 + Int(low & 0xFF)] ^ table[1536 + Int(low >> 8 & 0xFF)] ^ table[1280 + Int(low >> 16 & 0xFF)]
          ^ table[1024 + Int(low >> 24)] ^ table[768 + Int(high & 0xFF)] ^ table[512 + Int(high >> 8 & 0xFF)]
          ^ table[256 + Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
        offset += 8
      }
      for index in offset..<bytes.count { crc = table[Int((crc ^ UInt32(bytes[index])) & 0xFF)] ^ crc >> 8 }
    }
    state = crc
  }

  /// Computes the tables: table k has the effect of a byte that has k bytes after it.
  private static func makeTables(_ polynomial: Polynomial) -> [UInt32] {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ polynomial.rawValue : crc >> 1 }
      tables[byte] = crc
    }
    for index in 256..<tables.count {
      tables[index] = tables[index - 256] >> 8 ^ tables[Int(tables[index - 256] & 0xFF)]
    }
    return tables
  }
}

import CZlib
import Testing

@testable import Archive

@Suite struct GzipTests {
  @Test func `each flushed piece can be read at once, and the whole text at the end`() throws {
    let pieces = [Array("first ".utf8), [], [UInt8](repeating: 7, count: 300_000), Array((0..<255).map { UInt8($0) })]
    let gzip = try #require(Gzip())
    var compressed: [UInt8] = []
    for index in pieces.indices {
      compressed += gzip.add(pieces[index], isLast: index == pieces.count - 1)
      #expect(try Self.inflated(compressed) == pieces[...index].flatMap { $0 })
    }
    #expect(compressed.count < 3_000)
  }

  @Test(arguments: [0, 1, 100_000])
  func `a compressed text decompresses to itself`(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try Self.inflated(try #require(Gzip.compress(bytes))) == bytes)
  }

  /// Returns what zlib can read of the beginning of a gzip text.
  private static func inflated(_ bytes: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    try #require(inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { inflateEnd(&stream) }
    var input = bytes
    return input.withUnsafeMutableBufferPointer { input in
      [UInt8](unsafeUninitializedCapacity: 1 << 20) { output, count in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        inflate(&stream, Z_SYNC_FLUSH)
        count = output.count - Int(stream.avail_out)
      }
    }
  }
}

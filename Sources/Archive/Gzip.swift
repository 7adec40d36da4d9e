import CZlib

/// Compression of texts (RFC 1952), piece by piece: after each piece all of it can be read.
///
/// Used by one task at a time.
public final class Gzip {
  /// Little effort: a listing shrinks to a twentieth all the same.
  private static let level: Int32 = 1
  private static let outputSize = 32 << 10

  /// zlib keeps the address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// nil where there is no memory for it.
  public init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard czlib_gzip_init(stream, Self.level) == Z_OK else {
      stream.deallocate()
      return nil
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// The next bytes of the compressed text. After the last piece there is no other.
  public func add(_ bytes: [UInt8], isLast: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    bytes.withUnsafeBufferPointer { source in
      // zlib does not write to its input.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.pointee.avail_in = UInt32(source.count)
      repeat { output += next(flush: isLast ? Z_FINISH : Z_SYNC_FLUSH) } while stream.pointee.avail_out == 0
      stream.pointee.next_in = nil
    }
    return output
  }

  private func next(flush: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.outputSize) { buffer, count in
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(buffer.count)
      deflate(stream, flush)
      count = buffer.count - Int(stream.pointee.avail_out)
    }
  }

  /// A text that is there as a whole; nil where there is no memory for it.
  public static func compress(_ bytes: [UInt8]) -> [UInt8]? { Gzip()?.add(bytes, isLast: true) }
}

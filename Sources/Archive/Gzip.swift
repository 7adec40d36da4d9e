import CZlib

/// Compresses texts (RFC 1952), piece by piece: after each piece everything so far can be read.
///
/// Used by one task at a time.
public final class Gzip {
  /// Little effort: a listing is compressed to a twentieth all the same.
  private static let level: Int32 = 1
  private static let outputSize = 32 << 10

  /// zlib keeps the address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// Returns `nil` if there is no memory for it.
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

  /// Returns the next bytes of the compressed text. No piece may follow the last one.
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

  /// Compresses a whole text; `nil` if there is no memory for it.
  public static func compress(_ bytes: [UInt8]) -> [UInt8]? { Gzip()?.add(bytes, isLast: true) }

  /// Decompresses all members of a gzip file; `nil` if it is not one, is damaged, or would have more than `limit`
  /// bytes.
  public static func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var output: [UInt8] = []
    var rest = bytes[...]
    repeat {
      guard let used = inflateMember(rest, limit: limit, to: &output) else { return nil }
      rest = rest.dropFirst(used)
      // Zeros after the last member are padding.
    } while rest.contains { $0 != 0 }
    return output
  }

  /// Returns how many bytes the member has.
  private static func inflateMember(_ bytes: ArraySlice<UInt8>, limit: Int, to output: inout [UInt8]) -> Int? {
    var stream = z_stream()
    guard czlib_gunzip_init(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    return bytes.withUnsafeBufferPointer { source -> Int? in
      // zlib does not write to its input, and `stream` does not move while both are in use here.
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
      stream.avail_in = UInt32(clamping: source.count)
      var result = Z_OK
      while result == Z_OK {
        output += [UInt8](unsafeUninitializedCapacity: outputSize) { buffer, count in
          stream.next_out = buffer.baseAddress
          stream.avail_out = UInt32(buffer.count)
          result = inflate(&stream, Z_NO_FLUSH)
          count = buffer.count - Int(stream.avail_out)
        }
        if output.count > limit { return nil }
      }
      return result == Z_STREAM_END ? source.count - Int(stream.avail_in) : nil
    }
  }
}

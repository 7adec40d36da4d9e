import Core

/// A range of one version of an object, with the bytes that are known already.
struct ObjectPart: Sendable {
  let reader: ObjectReader
  let offset: Int64
  let length: Int64
  /// The first bytes of the range, read before the answer began so that a failure still gets its own status.
  let first: ReadData

  /// Whether it is known completely and so small that a copy, sent together with the headers, is cheapest.
  var isSmall: Bool { length <= Self.smallLength && first.count == length }

  private static let smallLength: Int64 = 64 << 10
}

extension ObjectReader {
  private static let readSize: Int64 = 512 << 10

  /// Reads a range piece by piece. Throws EIO if the object is shorter than that.
  func readAll(_ range: Range<Int64>, _ take: (ArraySlice<UInt8>) async throws -> Void) async throws {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let data = try await read(at: offset, count: Int(min(Self.readSize, range.upperBound - offset)))
      guard data.count > 0 else { throw FileSystemError(.ioFailure, "the object ended early") }
      for slice in data.slices { try await take(slice) }
      offset += Int64(data.count)
    }
  }
}

import Core

/// A stretch of one version of an object, with the bytes that are at hand already.
struct ObjectPart: Sendable {
  let reader: ObjectReader
  let offset: Int64
  let length: Int64
  /// The first bytes of the stretch, read before the answer began so that a failure still gets its own status.
  let first: ReadData

  /// Whether it is here as a whole and so small that a copy, sent together with the headers, is cheapest.
  var isSmall: Bool { length <= Self.smallLength && first.count == length }

  private static let smallLength: Int64 = 64 << 10
}

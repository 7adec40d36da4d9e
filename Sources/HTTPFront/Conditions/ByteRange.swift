/// The part of a body of known size that a Range header requests (RFC 9110 section 14).
enum ByteRange: Equatable, Sendable {
  /// The whole body: no Range, a malformed one, one in another unit, or too many ranges.
  case whole
  /// The offset of the first byte, and the number of bytes.
  case part(offset: Int64, length: Int64)
  /// Several ranges, in the requested order.
  case parts([Range<Int64>])
  /// No byte of the range exists: 416.
  case unsatisfiable

  init(_ header: String?, size: Int64) {
    // An empty body has no ranges: send the whole.
    self = size == 0 ? .whole : header.flatMap { Self.parse($0, size: size) } ?? .whole
  }

  /// The limit of ranges; more are an attack (RFC 9110 section 17.15).
  private static let mostParts = 32

  private static func parse(_ header: String, size: Int64) -> ByteRange? {
    let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].trimmed.lowercasedASCII == "bytes" else { return nil }
    let specifications = parts[1].split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
    guard !specifications.isEmpty, specifications.count <= mostParts else { return nil }
    var ranges: [Range<Int64>] = []
    for specification in specifications {
      switch range(specification, size: size) {
      case .part(let offset, let length): ranges.append(offset..<offset + length)
      case .unsatisfiable: continue
      case .whole, .parts, nil: return nil
      }
    }
    if ranges.isEmpty { return .unsatisfiable }
    if ranges.count == 1 { return .part(offset: ranges[0].lowerBound, length: Int64(ranges[0].count)) }
    // Overlapping ranges would send more bytes than the body has.
    var rest = size
    for range in ranges {
      guard range.count <= rest else { return nil }
      rest -= Int64(range.count)
    }
    return .parts(ranges)
  }

  private static func range(_ text: String, size: Int64) -> ByteRange? {
    let bounds = text.split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
    guard bounds.count == 2 else { return nil }
    if bounds[0].isEmpty {
      guard let suffix = number(bounds[1]) else { return nil }
      guard suffix > 0, size > 0 else { return .unsatisfiable }
      return .part(offset: max(0, size - suffix), length: min(size, suffix))
    }
    guard let first = number(bounds[0]) else { return nil }
    var last = size - 1
    if !bounds[1].isEmpty {
      guard let given = number(bounds[1]), given >= first else { return nil }
      last = min(last, given)
    }
    return first >= size ? .unsatisfiable : .part(offset: first, length: last - first + 1)
  }

  /// Parses digits without a sign. A number that does not fit is beyond any end.
  private static func number(_ text: String) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text) ?? .max
  }
}

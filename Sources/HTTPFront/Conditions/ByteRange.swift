/// What a Range header asks of a body of a known size (RFC 9110 section 14).
enum ByteRange: Equatable, Sendable {
  /// The whole: no Range, one that is malformed or of another unit, or several ranges at once.
  case whole
  /// Offset of the first byte, and how many.
  case part(offset: Int64, length: Int64)
  /// Nothing of the range exists: 416.
  case unsatisfiable

  init(_ header: String?, size: Int64) {
    self = header.flatMap { Self.parse($0, size: size) } ?? .whole
  }

  private static func parse(_ header: String, size: Int64) -> ByteRange? {
    let parts = header.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].trimmed.lowercasedASCII == "bytes" else { return nil }
    let bounds = parts[1].split(separator: "-", omittingEmptySubsequences: false).map(\.trimmed)
    guard bounds.count == 2, !parts[1].contains(",") else { return nil }
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

  /// Digits only: no sign. What does not fit is past any end.
  private static func number(_ text: String) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text) ?? .max
  }
}

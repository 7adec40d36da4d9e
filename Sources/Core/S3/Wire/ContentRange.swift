/// `bytes 0-499/1234` (RFC 9110 section 14.4).
struct ContentRange: Hashable, Sendable {
  let range: Range<Int64>
  /// The size of the whole object.
  let size: Int64

  init?(_ text: String) {
    guard text.hasPrefix("bytes ") else { return nil }
    let numbers = text.dropFirst("bytes ".count).split(omittingEmptySubsequences: false) { $0 == "-" || $0 == "/" }
    guard numbers.count == 3, let first = Int64(numbers[0]), let last = Int64(numbers[1]),
      let size = ObjectSize.parse(String(numbers[2])),
      first >= 0, first <= last, last < size
    else { return nil }
    range = first..<(last + 1)
    self.size = size
  }
}

/// Sizes as servers report them. A size that no object can have is rejected: all later code may add sizes without an
/// overflow.
enum ObjectSize {
  /// In bytes: 1 PiB, twenty times what S3 stores in one object.
  static let largest: Int64 = 1 << 50

  static func parse(_ text: String) -> Int64? {
    Int64(text).flatMap { (0...largest).contains($0) ? $0 : nil }
  }
}

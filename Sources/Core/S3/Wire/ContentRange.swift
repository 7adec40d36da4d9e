/// `bytes 0-499/1234` (RFC 9110 section 14.4).
struct ContentRange: Hashable, Sendable {
  let range: Range<Int64>
  /// Of the whole object.
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

import Glibc
import S3

// Files of many lines, which need not be in memory as a whole.

/// Writes a file piece by piece.
final class PieceWriter {
  private static let room = 256 << 10

  private let descriptor: Int32
  private var waiting: [UInt8] = []
  private var isWritten = true

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  func add(_ bytes: some Sequence<UInt8>) {
    waiting += bytes
    if waiting.count >= Self.room { flush() }
  }

  /// Appends a line and a line feed.
  func add(line: String) {
    waiting += line.utf8
    waiting.append(UInt8(ascii: "\n"))
    if waiting.count >= Self.room { flush() }
  }

  /// Appends a line with a checksum, for `FileAccess.forEachSealedLine`.
  func add(sealed line: SealedLine) {
    waiting += line.bytes
    waiting.append(UInt8(ascii: " "))
    waiting += line.checksum.utf8
    waiting.append(UInt8(ascii: "\n"))
    if waiting.count >= Self.room { flush() }
  }

  private func flush() {
    if isWritten { isWritten = FileAccess.write(waiting, to: descriptor) }
    waiting.removeAll(keepingCapacity: true)
  }

  /// Flushes the file. Returns false if not everything could be written; `errno` has the reason.
  func finish() -> Bool {
    if isWritten { flush() }
    return isWritten
  }
}

/// A line that is written with a checksum. Made of bytes and not of strings, because a file has 10,000 of them.
struct SealedLine: ExpressibleByStringInterpolation {
  let bytes: [UInt8]

  init(stringLiteral value: String) { bytes = Array(value.utf8) }
  init(stringInterpolation: StringInterpolation) { bytes = stringInterpolation.bytes }

  var checksum: String { bytes.withUnsafeBufferPointer { LineSeal.checksum($0[...]) } }

  /// The fields and the blanks between them.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var bytes: [UInt8] = []

    init(literalCapacity: Int, interpolationCount: Int) { bytes.reserveCapacity(256) }
    mutating func appendLiteral(_ literal: String) { bytes += literal.utf8 }
    mutating func appendInterpolation(_ text: String) { bytes += text.utf8 }
    /// Appends a text percent-encoded, so that it has no blank.
    mutating func appendInterpolation(encoded text: String) { PercentEncoding.append(text, to: &bytes) }
    mutating func appendInterpolation(_ number: some BinaryInteger) { bytes += number.description.utf8 }
  }
}

/// The bytes of a line in the buffer that it was read into, for as long as the function runs that they are passed to.
typealias LineBytes = Slice<UnsafeBufferPointer<UInt8>>

/// The checksum at the end of a line: a line that a disk or another program has changed is rejected.
enum LineSeal {
  /// A blank and eight digits.
  static let length = 9

  static func checksum(_ bytes: LineBytes) -> String {
    let digits = String(sum(of: bytes), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static func sum(of bytes: LineBytes) -> UInt32 {
    var sum = CRC32(.ieee)
    sum.update(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes)))
    return sum.value
  }

  /// Returns the line without its checksum; `nil` if the checksum is wrong.
  static func open(_ line: LineBytes) -> LineBytes? {
    guard line.count >= length else { return nil }
    let content = line.dropLast(length)
    guard line[content.endIndex] == UInt8(ascii: " "), let sealed = UInt64(hexadecimal: line.suffix(length - 1)),
      sealed == UInt64(sum(of: content))
    else { return nil }
    return content
  }
}

/// The fields of a line, separated by one blank each, read from the left. No field becomes a string, unless it is to
/// be one: a file of 10,000 lines is read before anything else is done.
struct LineFields {
  private var rest: LineBytes?

  init(_ line: LineBytes) { rest = line }

  var isAtEnd: Bool { rest == nil }

  /// Returns the next field; `nil` at the end, and where there is nothing between two blanks.
  mutating func next() -> LineBytes? {
    guard let line = rest else { return nil }
    let end = line.firstIndex(of: UInt8(ascii: " "))
    rest = end.map { line[($0 + 1)...] }
    let field = line[..<(end ?? line.endIndex)]
    return field.isEmpty ? nil : field
  }

  mutating func text() -> String? { next().map { String(decoding: $0, as: UTF8.self) } }

  /// Reads a decimal number.
  mutating func integer<Value: FixedWidthInteger>() -> Value? {
    guard let field = next() else { return nil }
    return Self.integer(field)
  }

  static func integer<Value: FixedWidthInteger>(_ field: LineBytes) -> Value? {
    let isNegative = field.first == UInt8(ascii: "-")
    let digits = isNegative ? field.dropFirst() : field
    guard !digits.isEmpty else { return nil }
    var value: Value = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      let step = Value(digit - UInt8(ascii: "0"))
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflows) =
        isNegative ? product.subtractingReportingOverflow(step) : product.addingReportingOverflow(step)
      guard !isTooLarge, !overflows else { return nil }
      value = sum
    }
    return value
  }
}

extension FileAccess {
  /// Same as `forEachLine`, for lines that were written with a checksum, which `consume` does not get. It gets `nil`
  /// for a damaged line.
  @discardableResult
  static func forEachSealedLine(of path: String, _ consume: (LineBytes?) -> Bool) -> Bool {
    forEachLine(of: path) { consume(LineSeal.open($0)) }
  }

  /// Passes the lines of a file to `consume`, without their line feeds and without empty ones, until that returns
  /// false. Returns false when the file cannot be read. Constant memory.
  @discardableResult
  static func forEachLine(of path: String, _ consume: (LineBytes) -> Bool) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var waiting: [UInt8] = []
    while true {
      guard let piece = next(descriptor, atMost: 256 << 10) else { return false }
      // Its last line may have no line feed.
      let isLast = piece.isEmpty
      waiting += piece
      let (used, isEnough) = waiting.withUnsafeBufferPointer { forEachLine(in: $0, isLast: isLast, consume) }
      if isLast || isEnough { return true }
      waiting.removeFirst(used)
    }
  }

  /// Passes the complete lines of a buffer to `consume`. Returns the number of their bytes, and whether `consume` wants
  /// no more.
  private static func forEachLine(
    in bytes: UnsafeBufferPointer<UInt8>, isLast: Bool, _ consume: (LineBytes) -> Bool
  ) -> (used: Int, isEnough: Bool) {
    var start = 0
    while start < bytes.count, let base = bytes.baseAddress {
      let feed = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
      guard feed != nil || isLast else { break }
      let end = feed.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
      if end > start, !consume(bytes[start..<end]) { return (end, true) }
      start = min(end + 1, bytes.count)
    }
    return (start, false)
  }

  /// Estimates how many lines of a length a file has.
  static func lineCount(of path: String, lineLength: Int) -> Int {
    (status(path).map { Int($0.st_size) } ?? 0) / lineLength
  }
}

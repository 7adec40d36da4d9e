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
  func add(sealed line: String) { add(line: "\(line) \(LineSeal.checksum(Array(line.utf8)[...]))") }

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

/// The checksum at the end of a line: a line that a disk or another program has changed is rejected.
enum LineSeal {
  /// A blank and eight digits.
  private static let length = 9

  static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
    let digits = String(sum(of: bytes), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }

  private static func sum(of bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = CRC32(.ieee)
    bytes.withUnsafeBytes { sum.update($0) }
    return sum.value
  }

  /// Returns the line without its checksum; `nil` if the checksum is wrong.
  static func open(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
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
  private var rest: ArraySlice<UInt8>?

  init(_ line: ArraySlice<UInt8>) { rest = line }

  var isAtEnd: Bool { rest == nil }

  /// Returns the next field; `nil` at the end, and where there is nothing between two blanks.
  mutating func next() -> ArraySlice<UInt8>? {
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

  static func integer<Value: FixedWidthInteger>(_ field: ArraySlice<UInt8>) -> Value? {
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
  static func forEachSealedLine(of path: String, _ consume: (ArraySlice<UInt8>?) -> Bool) -> Bool {
    forEachLine(of: path) { consume(LineSeal.open($0)) }
  }

  /// Passes the lines of a file to `consume`, without their line feeds and without empty ones, until that returns
  /// false. Returns false when the file cannot be read. Constant memory.
  @discardableResult
  static func forEachLine(of path: String, _ consume: (ArraySlice<UInt8>) -> Bool) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var waiting: [UInt8] = []
    while true {
      guard let piece = next(descriptor, atMost: 256 << 10) else { return false }
      if piece.isEmpty { break }
      waiting += piece
      var rest = waiting[...]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        if end > rest.startIndex, !consume(rest[..<end]) { return true }
        rest = rest[(end + 1)...]
      }
      waiting = Array(rest)
    }
    if !waiting.isEmpty { _ = consume(waiting[...]) }
    return true
  }
}

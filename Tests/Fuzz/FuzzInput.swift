import Glibc

/// The input bytes of one run, consumed from the front.
struct FuzzInput {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// Returns 0 when nothing is left.
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// Returns a number of any size: the first byte is its length in bytes, so that small numbers are likely.
  mutating func number() -> Int64 {
    var value: UInt64 = 0
    for _ in 0..<(byte() % 9) { value = value << 8 | UInt64(byte()) }
    return Int64(bitPattern: value)
  }

  /// Returns the bytes up to the next line feed, as repaired UTF-8.
  mutating func line() -> String {
    let line = rest.prefix { $0 != UInt8(ascii: "\n") }
    rest = rest.dropFirst(line.count + 1)
    return String(decoding: line, as: UTF8.self)
  }

  /// All that is left.
  var bytes: [UInt8] { Array(rest) }
  var text: String { String(decoding: rest, as: UTF8.self) }
}

enum Environment {
  static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// Checks an invariant of any input. A failure crashes, which libFuzzer reports with the input.
func check(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError(what()) }
}

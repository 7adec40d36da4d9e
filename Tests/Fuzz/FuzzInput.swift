import Glibc

/// The bytes of one run, taken apart from the front.
struct FuzzInput {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  /// 0 when nothing is left.
  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// A number of any size: the first byte tells how many bytes of it follow, so that small ones are likely.
  mutating func number() -> Int64 {
    var value: UInt64 = 0
    for _ in 0..<(byte() % 9) { value = value << 8 | UInt64(byte()) }
    return Int64(bitPattern: value)
  }

  /// Up to the next line feed, as UTF-8 with repairs.
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

/// What must hold of any input. A failure is a crash, which libFuzzer reports with the input.
func check(_ condition: Bool, _ what: @autoclosure () -> String) {
  if !condition { fatalError(what()) }
}

internal import ArgumentParser
internal import Logging

/// A size: a number of bytes, or with K, M, G or T (binary, as in `dd`) "512K", "1.5G".
struct ByteCount: ExpressibleByArgument, Equatable {
  let bytes: Int64

  init(bytes: Int64) { self.bytes = bytes }

  init?(argument: String) {
    var digits = argument[...]
    for ending in ["iB", "B", "b"] where digits.hasSuffix(ending) {
      digits = digits.dropLast(ending.count)
      break
    }
    var shift: Double = 1
    if let last = digits.last, let power = "KMGT".firstIndex(of: Character(last.uppercased())) {
      shift = Double(1 << (10 * ("KMGT".distance(from: "KMGT".startIndex, to: power) + 1)))
      digits = digits.dropLast()
    }
    guard let first = digits.first, first.isASCII, first.isNumber, let number = Double(digits) else { return nil }
    let bytes = number * shift
    guard bytes >= 1, bytes < Double(Int64.max) else { return nil }
    self.bytes = Int64(bytes)
  }

  var defaultValueDescription: String {
    for (power, letter) in [(30, "G"), (20, "M"), (10, "K")] where bytes % (1 << power) == 0 {
      return "\(bytes >> power)\(letter)"
    }
    return String(bytes)
  }
}

/// A time in seconds: "1", "0.5", "0", or with its unit "500ms", "2s".
struct Seconds: ExpressibleByArgument, Equatable {
  let duration: Duration

  init(_ duration: Duration) { self.duration = duration }

  init?(argument: String) {
    let isMilliseconds = argument.hasSuffix("ms")
    let digits = argument.dropLast(isMilliseconds ? 2 : argument.hasSuffix("s") ? 1 : 0)
    guard let first = digits.first, first.isASCII, first.isNumber || first == ".", let number = Double(digits),
      number.isFinite, number < 1e9
    else { return nil }
    duration = isMilliseconds ? .milliseconds(number) : .seconds(number)
  }

  var defaultValueDescription: String { "\(duration.components.seconds)" }
}

/// Permission bits as chmod(1) takes them: "022".
struct Octal: ExpressibleByArgument, Equatable {
  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  init?(argument: String) {
    guard let bits = UInt32(argument, radix: 8), bits <= 0o777 else { return nil }
    self.bits = bits
  }

  var defaultValueDescription: String {
    let digits = String(bits, radix: 8)
    return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
  }
}

/// swift-log's levels by name.
struct LogLevel: ExpressibleByArgument {
  let level: Logger.Level

  init(_ level: Logger.Level) { self.level = level }

  init?(argument: String) {
    guard let level = Logger.Level(rawValue: argument.lowercased()) else { return nil }
    self.level = level
  }

  static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
  var defaultValueDescription: String { level.rawValue }
}

/// Whether a listing waits for attributes that only a HEAD of each object returns.
enum MetadataPolicy: String, ExpressibleByArgument, CaseIterable {
  case learned, always
}

/// The directories whose watchers see external changes.
enum NotifyPolicy: String, ExpressibleByArgument, CaseIterable {
  case watched, recent, off
}

internal import ArgumentParser

/// A size: a number of bytes, or with K, M, G or T (binary, as `dd` has it) "512K", "1.5G".
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

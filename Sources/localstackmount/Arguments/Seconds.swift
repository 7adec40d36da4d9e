internal import ArgumentParser

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

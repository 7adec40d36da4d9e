/// Headers as they are signed: sorted by lower-case name, one line each, runs of spaces made one.
struct CanonicalHeaders {
  /// As bytes: values may be in Latin-1.
  let lines: [UInt8]
  /// `host;range;x-amz-date`
  let names: String

  init(_ headers: [HeaderField]) {
    let sorted = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.bytes)) }.sorted {
      $0.name < $1.name
    }
    lines = sorted.reduce(into: []) { $0 += Array("\($1.name):".utf8) + $1.value + Array("\n".utf8) }
    names = sorted.map(\.name).joined(separator: ";")
  }

  private static func trimmed(_ value: [UInt8]) -> [UInt8] {
    let needsWork =
      value.first == 0x20 || value.last == 0x20 || zip(value, value.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
    return needsWork ? Array(value.split(separator: 0x20).joined(separator: [0x20])) : value
  }
}

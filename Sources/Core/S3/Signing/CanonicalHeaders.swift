/// Headers as they are signed: sorted by lower-case name, one line each, runs of spaces made one.
struct CanonicalHeaders {
  let lines: String
  /// `host;range;x-amz-date`
  let names: String

  init(_ headers: [HeaderField]) {
    let sorted = headers.map { (name: $0.name.lowercased(), value: Self.trimmed($0.value)) }.sorted {
      $0.name < $1.name
    }
    lines = sorted.reduce(into: "") { $0 += "\($1.name):\($1.value)\n" }
    names = sorted.map(\.name).joined(separator: ";")
  }

  private static func trimmed(_ value: String) -> String {
    let utf8 = value.utf8
    let needsWork =
      utf8.first == 0x20 || utf8.last == 0x20 || zip(utf8, utf8.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
    return needsWork ? value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") : value
  }
}

import FoundationEssentials

/// Records as lines of JSON, which can be appended: a kill truncates the last line only.
enum JSONLines {
  private static let newline = UInt8(ascii: "\n")

  /// Returns the lines. A value that JSON cannot express is left out.
  static func encode(contentsOf values: some Sequence<some Encodable>) -> [UInt8] {
    let encoder = JSONEncoder()
    var lines: [UInt8] = []
    for value in values {
      guard let line = try? encoder.encode(value) else { continue }
      lines += line
      lines.append(newline)
    }
    return lines
  }

  static func encode(_ value: some Encodable) -> [UInt8] { encode(contentsOf: CollectionOfOne(value)) }

  static func split(_ bytes: [UInt8]) -> [Data] { bytes.split(separator: newline).map { Data($0) } }

  /// Returns the values, without lines that are none, such as a truncated one.
  static func decode<Value: Decodable>(_ bytes: [UInt8], as type: Value.Type = Value.self) -> [Value] {
    let decoder = JSONDecoder()
    return split(bytes).compactMap { try? decoder.decode(type, from: $0) }
  }
}

import Archive
import Basics

/// Converts bytes to the form in which a rule compares them: equal forms are equal objects, and the difference shows
/// the forms.
struct Normalizer {
  let rule: Rule

  /// The largest size that can be compared in memory.
  static let limit = 256 << 20

  /// Why a comparison is impossible, such as text that is not JSON: the objects then differ.
  struct Failure: Error {
    let reason: String
  }

  func form(of bytes: [UInt8]) throws(Failure) -> [UInt8] {
    var bytes = bytes
    if rule.isCompressed {
      guard let text = Gzip.decompress(bytes, limit: Self.limit) else { throw Failure(reason: "it is not gzip") }
      bytes = text
    }
    switch rule.method {
    case .text: return Self.text(bytes)
    case .json(let paths): return try Self.json(bytes, without: paths)
    case .lines: return Self.joined(Self.lines(bytes).sorted { $0.lexicographicallyPrecedes($1) })
    case .csvRows:
      var rows = Self.records(bytes)
      let header = rows.isEmpty ? [] : [rows.removeFirst()]
      return Self.joined(header + rows.sorted { $0.lexicographicallyPrecedes($1) })
    case .bytes, .ignore, .count, .command: return bytes
    }
  }

  /// Joins the bytes of many parts to those of one file: for CSV, with the header of the first part only; for lines,
  /// the last of a part and the first of the next are two.
  func joinParts(_ parts: [[UInt8]]) -> [UInt8] {
    if !rule.isCompressed, rule.method == .lines || rule.method == .text {
      return Array(parts.map { part in part.isEmpty || part.last == 0x0A ? part : part + [0x0A] }.joined())
    }
    guard rule.method == .csvRows, !rule.isCompressed, let first = parts.first else { return Array(parts.joined()) }
    let header = Self.records(first).first
    return Self.joined(
      Self.records(first)
        + parts.dropFirst().flatMap { part in
          let rows = Self.records(part)
          return rows.first == header ? Array(rows.dropFirst()) : rows
        })
  }

  /// Converts text to line feeds only, no blanks at the ends of lines, and one line feed at the end.
  private static func text(_ bytes: [UInt8]) -> [UInt8] {
    var lines = lines(bytes).map { line -> ArraySlice<UInt8> in
      var line = line
      while let last = line.last, last == 0x20 || last == 0x09 { line = line.dropLast() }
      return line
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return joined(lines)
  }

  private static func json(_ bytes: [UInt8], without paths: [JSONPath]) throws(Failure) -> [UInt8] {
    do throws(JSONFailure) {
      var value = try JSONValue.parse(bytes)
      for path in paths { value = path.removed(from: value) ?? .null }
      return Array(value.canonical.withPlainNumbers.pretty.utf8)
    } catch {
      throw Failure(reason: "it is not JSON: \(error.reason) at line \(error.line), column \(error.column)")
    }
  }

  private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { $0.last == 0x0D ? $0.dropLast() : $0 }
  }

  /// Returns the records of a CSV text (RFC 4180): a quoted field may contain line feeds.
  private static func records(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    var records: [ArraySlice<UInt8>] = []
    var start = 0
    var isQuoted = false
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      guard byte == 0x0A, !isQuoted else { continue }
      let end = index > start && bytes[index - 1] == 0x0D ? index - 1 : index
      records.append(bytes[start..<end])
      start = index + 1
    }
    if start < bytes.count { records.append(bytes[start...]) }
    return records
  }

  private static func joined(_ lines: [ArraySlice<UInt8>]) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      bytes += line
      bytes.append(0x0A)
    }
    return bytes
  }
}

extension JSONValue {
  /// The value with equal numbers spelt alike: 1.0 and 1.
  fileprivate var withPlainNumbers: JSONValue {
    switch self {
    case .number(let digits):
      guard digits.utf8.count <= 15, let value = Double(digits) else { return self }
      return .number(Int64(exactly: value).map { String($0) } ?? String(value))
    case .array(let values): return .array(values.map(\.withPlainNumbers))
    case .object(let members): return .object(members.map { Member($0.name, $0.value.withPlainNumbers) })
    default: return self
    }
  }
}

package import Basics
import S3

/// Differences as JSON and as JUnit's XML.
package enum DifferenceReport {
  package static let schemaVersion = 1

  /// Returns `{"schemaVersion": 1, "command": …, "equal": false, "summary": {…}, "differences": […]}`.
  package static func json(
    _ differences: Differences, command: String, expected: String, actual: String, requests: Int, seconds: Double
  ) -> JSONValue {
    .object([
      "schemaVersion": .int(schemaVersion), "command": .string(command), "equal": .bool(differences.isEmpty),
      "expected": .string(expected), "actual": .string(actual),
      "summary": .object(
        Difference.Change.allCases.map { JSONValue.Member($0.name, .int(differences.count($0))) }
          + [JSONValue.Member("equal", .int(differences.equal))]),
      "differences": .array(differences.list.map(json)), "requests": .int(requests),
      "seconds": .number(String((seconds * 1000).rounded() / 1000)),
    ])
  }

  private static func json(_ difference: Difference) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("change", .string(difference.change.name)), .init("letter", .string(difference.change.rawValue)),
      .init("uri", .string(difference.uri)), .init("bucket", .string(difference.bucket)),
      .init("key", .string(difference.key.string)),
      .init("expected", side(difference.expected)), .init("actual", side(difference.actual)),
    ]
    if !difference.properties.isEmpty {
      members.append(
        .init(
          "properties",
          .array(
            difference.properties.map { property in
              .object([
                "kind": .string(property.kind.rawValue), "name": .string(property.name),
                "expected": .optional(property.expected), "actual": .optional(property.actual),
              ])
            })))
    }
    switch difference.contents {
    case .text(let hunks): members.append(.init("diff", .string(hunks.map { $0 + "\n" }.joined())))
    case .binary(let offset, _, _):
      members.append(.init("firstDifference", offset.map { .int($0) } ?? .null))
    case .note(let text): members.append(.init("note", .string(text)))
    case nil: break
    }
    members.append(.init("hints", .array(difference.hints.map { .string($0) })))
    return .object(members)
  }

  private static func side(_ item: Item?) -> JSONValue {
    guard let item else { return .null }
    var members: [JSONValue.Member] = [.init("size", .int(item.size))]
    switch item.content {
    case .object(let etag, _): members.append(.init("etag", .string(etag.quoted)))
    case .file(let path, _): members.append(.init("file", .string(path)))
    case .blob(let sha256, _): members.append(.init("sha256", .string(sha256.description)))
    }
    return .object(members)
  }

  // MARK: JUnit

  /// Returns one suite a bucket, one case a key, in the form that CI systems read. Equal objects are cases, too.
  package static func junit(_ differences: Differences, expected: State, seconds: Double) -> String {
    let byBucket = Dictionary(grouping: differences.list, by: \.bucket)
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    var suites = ""
    var tests = 0
    for bucket in Set(expected.buckets.keys).union(byBucket.keys).sorted() {
      let failures = Dictionary((byBucket[bucket] ?? []).map { ($0.key, $0) }) { first, _ in first }
      let keys = Set(expected.buckets[bucket]?.items.map(\.key) ?? []).union(failures.keys).sorted()
      tests += keys.count
      suites += "  <testsuite name=\"\(escaped(bucket))\" tests=\"\(keys.count)\" failures=\"\(failures.count)\">\n"
      for key in keys {
        suites +=
          "    <testcase classname=\"\(escaped(bucket))\" name=\"\(escaped(key.isEmpty ? bucket : key.string))\""
        guard let failure = failures[key] else {
          suites += "/>\n"
          continue
        }
        let lines = DifferencePrinter(colours: false).lines(of: failure).joined(separator: "\n")
        suites +=
          "><failure type=\"\(failure.change.name)\" message=\"\(escaped(failure.uri)): \(failure.change.name)\">"
        suites += "\(escaped(lines))</failure></testcase>\n"
      }
      suites += "  </testsuite>\n"
    }
    let failed = differences.list.count
    text +=
      "<testsuites name=\"localstackmount expect\" tests=\"\(tests)\" failures=\"\(failed)\" time=\"\(seconds)\">\n"
    return text + suites + "</testsuites>\n"
  }

  /// Escapes a text. XML 1.0 has no way to write most control characters: they are shown as `\u{1}`.
  private static func escaped(_ text: String) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "\"": output += "&quot;"
      case "\n", "\t", "\r": output += "&#\(scalar.value);"
      case "\0"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": output += "\\u{\(String(scalar.value, radix: 16))}"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }
}

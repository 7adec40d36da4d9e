package import S3

/// An object that differs between the two sides.
package struct Difference: Hashable, Sendable {
  /// The kind of difference, with restic's letters.
  package enum Change: String, Sendable, CaseIterable {
    case unexpected = "+"
    case missing = "-"
    case content = "M"
    case properties = "U"

    package var name: String {
      switch self {
      case .unexpected: "unexpected"
      case .missing: "missing"
      case .content: "content"
      case .properties: "properties"
      }
    }
  }

  package let change: Change
  package let bucket: String
  /// Empty if the bucket itself is missing.
  package let key: ObjectKey
  package var expected: Item?
  package var actual: Item?
  /// The headers, metadata and tags that differ, even if the contents do.
  package var properties: [PropertyDifference] = []
  package var contents: ContentDifference?
  /// A hint, such as the key that has the missing bytes.
  package var hints: [String] = []

  package init(_ change: Change, bucket: String, key: ObjectKey, expected: Item? = nil, actual: Item? = nil) {
    self.change = change
    self.bucket = bucket
    self.key = key
    self.expected = expected
    self.actual = actual
  }

  package var uri: String { key.isEmpty ? "s3://\(bucket)" : "s3://\(bucket)/\(key)" }
}

/// How the bytes of an object differ, as far as it can be shown.
package enum ContentDifference: Hashable, Sendable {
  /// A unified diff without its two header lines.
  case text([String])
  /// The first byte that differs, if that was determined, and the sizes.
  case binary(firstOffset: Int64?, expected: Int64, actual: Int64)
  /// As text: a rule that could not be applied, or a command's output.
  case note(String)
}

/// All differences of two states, in order of bucket and key.
package struct Differences: Sendable {
  package var list: [Difference] = []
  /// The number of equal objects.
  package var equal = 0

  package var isEmpty: Bool { list.isEmpty }

  /// Identifies what differs, and how: another version, or other tags, of an object that differs make another text.
  package var fingerprint: String {
    var text: [UInt8] = []
    for difference in list {
      var parts = [difference.change.rawValue, difference.uri]
      if case .object(let etag, let modified)? = difference.actual?.content {
        parts += [etag.value, "\(modified.seconds).\(modified.nanoseconds)"]
      }
      parts += difference.properties.map { "\($0.label) \($0.actual ?? "")" }
      text += Array(parts.joined(separator: "\0").utf8) + [0x0A]
    }
    return Hexadecimal.encode(Array(Digest.sha256(text).prefix(16)))
  }
  package func count(_ change: Difference.Change) -> Int { list.count { $0.change == change } }
}

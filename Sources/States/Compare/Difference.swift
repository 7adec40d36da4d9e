import Basics
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

  /// Identifies what differs: another version of one of these objects, and other metadata or tags, make another text. A
  /// listing shows neither, so that both are fetched. Cost: 1 or 2 requests for each object that differs.
  func fingerprint(_ source: any StateSource) async throws(StateFailure) -> String {
    let lines = try await concurrently(list, width: Session.width) { difference throws(StateFailure) in
      var parts = [difference.change.rawValue, difference.uri]
      if let actual = difference.actual, case .object(let etag, let modified) = actual.content {
        let properties = try await source.properties(of: actual, in: difference.bucket, readsTags: true)
        parts += [etag.value, "\(modified.seconds).\(modified.nanoseconds)", properties.json.compact]
      }
      return Array(parts.joined(separator: "\0").utf8) + [0x0A]
    }
    return Hexadecimal.encode(Array(Digest.sha256(Array(lines.joined())).prefix(16)))
  }
  package func count(_ change: Difference.Change) -> Int { list.count { $0.change == change } }
}

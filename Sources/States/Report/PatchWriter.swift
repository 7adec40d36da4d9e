import Basics
import S3

/// Writes differences as a patch: `patch -p1` in the directory updates it to what is in S3.
package struct PatchWriter: Sendable {
  private let expected: State
  private let actual: State
  /// The suffix of the actual buckets' names that the directory's do not have.
  private let suffix: String

  package init(expected: State, actual: State, suffix: String = "") {
    self.expected = expected
    self.actual = actual
    self.suffix = suffix
  }

  /// Returns the patch. Cost: a GET for each object that is new or different in S3, up to 64 KiB; larger and binary
  /// ones are comments.
  package func patch(for differences: Differences) async throws(StateFailure) -> String {
    var text = ""
    for difference in differences.list where !difference.key.isEmpty { text += try await patch(for: difference) }
    return text
  }

  private func patch(for difference: Difference) async throws(StateFailure) -> String {
    let bucket = difference.bucket
    if case .note(let note) = difference.contents { return "# \(Printable.line("\(difference.uri): \(note)"))\n" }
    let path = path(of: difference)
    var text = ""
    if difference.change != .properties {
      let old = try await contents(of: difference.expected, expected, in: bucket)
      let new = try await contents(of: difference.actual, actual, in: bucket)
      if let old, let new {
        text += Self.file(
          path, difference.expected == nil ? nil : old, difference.actual == nil ? nil : new)
      } else {
        text += "# Binary or large: \(Printable.line(difference.uri))\n"
      }
    }
    return text + (try await sidecar(of: difference, path))
  }

  /// Returns the patch of a sidecar, from its current to its new contents.
  private func sidecar(of difference: Difference, _ path: String) async throws(StateFailure) -> String {
    var old: [UInt8]?
    if case .file(let file, _)? = difference.expected?.content { old = FileAccess.read(file + FixtureNames.suffix) }
    var new = old
    if let item = difference.actual, difference.expected == nil || !difference.properties.isEmpty {
      let properties = try await actual.source.properties(of: item, in: difference.bucket)
      new = Sidecar.describing(properties, key: difference.key, defaults: BucketSidecar())
        .map { Array($0.json.pretty.utf8) }
    } else if difference.actual == nil {
      new = nil
    }
    return Self.file(path + FixtureNames.suffix, old, new)
  }

  private func path(of difference: Difference) -> String {
    let bucket =
      difference.bucket.hasSuffix(suffix) ? String(difference.bucket.dropLast(suffix.count)) : difference.bucket
    let items = (actual.buckets[difference.bucket] ?? expected.buckets[difference.bucket])?.items ?? []
    let next = items.first { $0.key > difference.key }?.key
    let names = FixtureNames.path(
      forKey: difference.key, isShadowed: FixtureNames.isShadowed(difference.key, next: next))
    return ([bucket] + names).joined(separator: "/")
  }

  /// Returns the contents; `nil` for what a patch cannot contain.
  private func contents(
    of item: Item?, _ state: State, in bucket: String
  ) async throws(StateFailure) -> [UInt8]? {
    guard let item else { return [] }
    guard item.size <= Int64(ContentComparer.shownSize) else { return nil }
    let bytes = try await state.source.bytes(of: item, in: bucket, limit: ContentComparer.shownSize)
    return ContentComparer.isText(bytes) ? bytes : nil
  }

  /// Returns one file's part of the patch; `nil` means an absent file.
  static func file(_ path: String, _ old: [UInt8]?, _ new: [UInt8]?) -> String {
    if old == new { return "" }
    let hunks = LineDiff.unified(old ?? [], new ?? [])
    // An empty file that is created or deleted has no hunk; only git's patch format can express it.
    let isSeen = !hunks.isEmpty
    var text = "diff --git \(quoted("a/" + path)) \(quoted("b/" + path))\n"
    if old == nil { text += "new file mode 100644\n" }
    if new == nil { text += "deleted file mode 100644\n" }
    if !isSeen { return text }
    text += "--- \(old == nil ? "/dev/null" : quoted("a/" + path))\n"
    text += "+++ \(new == nil ? "/dev/null" : quoted("b/" + path))\n"
    return text + hunks.map { $0 + "\n" }.joined()
  }

  /// Quotes a path as git and patch(1) quote names that contain quotes, backslashes or control characters, or end in a
  /// blank.
  private static func quoted(_ path: String) -> String {
    let isPlain = !path.utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0x22 || $0 == 0x5C }
    // patch(1) cuts blanks off the end of a bare name.
    guard !isPlain || path.hasSuffix(" ") else {
      // patch(1) ends a bare name only at a tab, GNU's also at a blank: a tab at the end keeps blanks.
      return path.utf8.contains(0x20) ? path + "\t" : path
    }
    var text = "\""
    for byte in path.utf8 {
      switch byte {
      case 0x22: text += "\\\""
      case 0x5C: text += "\\\\"
      case 0x0A: text += "\\n"
      case 0x09: text += "\\t"
      case ..<0x20, 0x7F...:
        let digits = String(byte, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      default: text.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return text + "\""
  }
}

import Keys
import S3

/// A part of the buckets as every option names it: `BUCKET` or `BUCKET/KEYS`, with or without `s3://`. Keys that end in
/// "/" mean everything below; `**/KEYS` means these keys in any folder of any bucket.
package struct PlacePattern: Hashable, Sendable {
  private let bucket: Glob
  /// `nil` for all keys.
  private let keys: Glob?
  /// The suffix of the buckets' names that patterns leave out (`--suffix`).
  private let suffix: String

  package init(_ text: String, suffix: String = "") {
    self.suffix = suffix
    let (name, rest) = Self.parts(of: text)
    guard let rest, !rest.isEmpty else {
      (bucket, keys) = (Glob(name), nil)
      return
    }
    // Two stars match the slash after the bucket, too.
    let crosses = name == "**"
    (bucket, keys) = (Glob(crosses ? "*" : name), Self.keys(crosses ? "**/\(rest)" : rest))
  }

  /// Returns the pattern of keys for a text: for a folder everything below, and for an empty text everything.
  static func keys(_ text: String) -> Glob { Glob(text.isEmpty || text.hasSuffix("/") ? text + "**" : text) }

  /// Returns the texts of the bucket and, after the first slash, of the keys.
  private static func parts(of text: String) -> (bucket: String, keys: String?) {
    let plain = isURI(text) ? text.dropFirst(5) : text[...]
    guard let slash = plain.utf8.firstIndex(of: UInt8(ascii: "/")) else { return (String(plain), nil) }
    return (String(plain[..<slash]), String(plain[plain.utf8.index(after: slash)...]))
  }

  static func isURI(_ text: String) -> Bool { text.utf8.starts(with: "s3://".utf8) }

  /// Returns the bucket's part of a text.
  package static func bucket(of text: String) -> String { parts(of: text).bucket }

  /// Returns whether a text has keys after the bucket.
  package static func namesKeys(_ text: String) -> Bool { parts(of: text).keys.map { !$0.isEmpty } ?? false }

  /// Returns whether a text has keys after the bucket, and not a folder as a whole.
  static func namesKey(_ text: String) -> Bool {
    namesKeys(text) && !text.utf8.reversed().starts(with: "/".utf8)
  }

  /// Returns why a text is not such a pattern, or one that can match no key of any bucket; `nil` if it is valid.
  package static func problem(of text: String) -> String? {
    if let problem = Glob.problem(of: text) { return problem }
    let bucket = bucket(of: text)
    guard !bucket.isEmpty else { return "\"\(text)\" names no bucket; write BUCKET, or BUCKET/KEYS" }
    guard Glob.problem(of: bucket) == nil else {
      return "\"\(text)\" has a / within its { } or [ ] before the bucket's name ends; write a pattern for each"
    }
    return nil
  }

  /// Returns the first problem of several texts.
  package static func problem(of texts: [String]) -> String? { texts.lazy.compactMap { problem(of: $0) }.first }

  private func plain(_ name: String) -> String {
    name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
  }

  func includes(_ name: String) -> Bool { bucket.matches(plain(name)) }

  func includes(_ name: String, _ key: ObjectKey) -> Bool { includes(name) && (keys?.matches(key.string) ?? true) }

  /// The text that all keys of the pattern begin with.
  var prefix: ObjectKey { ObjectKey(keys?.prefix ?? "") }
}

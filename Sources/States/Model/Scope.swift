import Keys
package import S3

/// The part of the buckets that a command applies to: `--only bucket`, `--only 'bucket/out/**'`.
package struct Scope: Hashable, Sendable {
  private let patterns: [(bucket: Glob, keys: Glob?)]
  private let texts: [String]
  /// The suffix of the buckets' names that patterns leave out (`--suffix`).
  private let suffix: String

  package static let everything = Scope([])

  /// A scope of everything below a literal prefix of one bucket.
  package static func below(_ prefix: String, of bucket: String) -> Scope {
    func plain(_ text: String) -> String {
      text.unicodeScalars.map { "*?[{\\".unicodeScalars.contains($0) ? "\\\($0)" : String($0) }.joined()
    }
    return Scope(["\(plain(bucket))/\(plain(prefix))**"])
  }

  /// Patterns of `BUCKET` or `BUCKET/KEYS`; none means everything. Keys that end in "/" mean all below.
  package init(_ patterns: [String], suffix: String = "") {
    texts = patterns
    self.suffix = suffix
    self.patterns = patterns.map { text in
      let plain = text.hasPrefix("s3://") ? String(text.dropFirst(5)) : text
      guard let slash = plain.firstIndex(of: "/") else { return (Glob(plain), nil) }
      let keys = String(plain[plain.index(after: slash)...])
      if keys.isEmpty { return (Glob(String(plain[..<slash])), nil) }
      return (Glob(String(plain[..<slash])), Glob(keys.hasSuffix("/") ? keys + "**" : keys))
    }
  }

  package static func == (left: Self, right: Self) -> Bool { left.texts == right.texts && left.suffix == right.suffix }
  package func hash(into hasher: inout Hasher) { hasher.combine(texts) }

  private func plain(_ bucket: String) -> String {
    bucket.hasSuffix(suffix) ? String(bucket.dropLast(suffix.count)) : bucket
  }

  package func includes(_ bucket: String) -> Bool {
    patterns.isEmpty || patterns.contains { $0.bucket.matches(plain(bucket)) }
  }

  package func includes(_ bucket: String, _ key: ObjectKey) -> Bool {
    patterns.isEmpty
      || patterns.contains { $0.bucket.matches(plain(bucket)) && ($0.keys?.matches(key.string) ?? true) }
  }

  /// Returns a common prefix of all keys in scope, so that only those need to be listed.
  package func prefix(in bucket: String) -> ObjectKey {
    let prefixes = patterns.filter { $0.bucket.matches(plain(bucket)) }.map { ObjectKey($0.keys?.prefix ?? "") }
    guard var common = prefixes.first?.string else { return "" }
    for prefix in prefixes.dropFirst() {
      let length = prefix.commonLength(with: ObjectKey(common))
      common = String(decoding: common.utf8.prefix(length), as: UTF8.self)
      // Half a character is no prefix.
      while !prefix.hasPrefix(ObjectKey(common)) { common.removeLast() }
    }
    return ObjectKey(common)
  }

  package func applied(to state: State) -> State {
    if patterns.isEmpty { return state }
    var state = state
    state.buckets = state.buckets.filter { includes($0.key) }
    for name in state.buckets.keys { state.buckets[name]?.items.removeAll { !includes(name, $0.key) } }
    return state
  }
}

/// What is wrong with patterns that users give.
package enum PatternProblem {
  /// Says why a pattern of `--only`, `--keep` or `wait` is none; `nil` if it is one.
  package static func text(_ pattern: String) -> String? { Glob.problem(of: pattern) }
}

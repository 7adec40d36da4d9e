package import S3

/// The part of the buckets that a command applies to: `--only bucket`, `--only 'bucket/out/**'`.
package struct Scope: Hashable, Sendable {
  private let patterns: [PlacePattern]

  package static let everything = Scope([])

  /// Returns the scope of everything below a literal prefix of one bucket.
  package static func below(_ prefix: String, of bucket: String) -> Scope {
    func plain(_ text: String) -> String {
      text.unicodeScalars.map { "*?[{\\".unicodeScalars.contains($0) ? "\\\($0)" : String($0) }.joined()
    }
    return Scope(["\(plain(bucket))/\(plain(prefix))**"])
  }

  /// Creates the scope of what patterns name; none means everything.
  package init(_ patterns: [String], suffix: String = "") {
    self.patterns = patterns.map { PlacePattern($0, suffix: suffix) }
  }

  /// Creates the scope of `BUCKET` and `BUCKET/PREFIX`, where a prefix means the object of that name and all below it.
  package init(places: [String], suffix: String = "") {
    self.init(places.flatMap { PlacePattern.namesKey($0) ? [$0, $0 + "/**"] : [$0] }, suffix: suffix)
  }

  package func includes(_ bucket: String) -> Bool { patterns.isEmpty || patterns.contains { $0.includes(bucket) } }

  package func includes(_ bucket: String, _ key: ObjectKey) -> Bool {
    patterns.isEmpty || patterns.contains { $0.includes(bucket, key) }
  }

  /// Returns a common prefix of all keys in scope, so that only those need to be listed.
  package func prefix(in bucket: String) -> ObjectKey {
    let prefixes = patterns.filter { $0.includes(bucket) }.map(\.prefix)
    guard var common = prefixes.first?.string else { return "" }
    for prefix in prefixes.dropFirst() {
      let length = prefix.commonLength(with: ObjectKey(common))
      common = String(decoding: common.utf8.prefix(length), as: UTF8.self)
      // A partial character is not a prefix.
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

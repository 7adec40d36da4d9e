import Keys
import S3

/// Compares two states. For a directory and an endpoint, an unchanged object costs no request: see `ContentComparer`
/// and `KnownObjects`.
package struct Comparison: Sendable {
  package struct Options: Sendable {
    /// Whether objects that only the second state has are accepted.
    package var allowsExtra = false
    /// Whether to read different objects to show how they differ; otherwise differences are found but not explained.
    package var explains = true
    /// The directory's rules. `reset` ignores them: it writes exactly the files.
    package var usesRules = true
    /// Whether modes, owners and times that a mount has written count as differences where a directory specifies none.
    package var comparesFileAttributes = false

    package init() {}
  }

  package let expected: State
  package let actual: State
  private let options: Options
  let contents: ContentComparer
  let rules: Rules
  /// What was found equal before the listings were complete.
  private let early: EqualObjects

  package init(
    expected: State, actual: State, session: Session, options: Options = Options(), suffix: String = ""
  ) {
    self.init(
      expected: expected, actual: actual, session: session, options: options, suffix: suffix, early: .none)
  }

  /// - Parameter early: what is known to be equal, as long as the server's ETags are trusted.
  init(
    expected: State, actual: State, session: Session, options: Options, suffix: String, early: EqualObjects
  ) {
    self.expected = expected
    self.actual = actual
    self.options = options
    rules = options.usesRules ? (expected.rules.rules.isEmpty ? actual.rules : expected.rules) : .none
    contents = ContentComparer(
      session, expected: expected.source, actual: actual.source,
      comparesFileAttributes: options.comparesFileAttributes)
    self.suffix = suffix
    self.early = early
  }

  /// The suffix of the buckets here, which rules leave out.
  private let suffix: String

  package func run() async throws(StateFailure) -> Differences {
    var result = Differences()
    let buckets = Set(expected.buckets.keys).union(actual.buckets.keys).sorted()
    result.list = buckets.compactMap { missingBucket($0) }
    if rules.hasGroups {
      var single = Array(pairs(in: buckets, except: .none))
      let groups = takeGroups(from: &single)
      try await contents.establishTrust(single)
      try await compare(single, into: &result)
      for group in groups {
        if let difference = try await difference(of: group) {
          result.list.append(difference)
        } else {
          result.equal += 1
        }
      }
    } else {
      // None of these contradicts what the server answered to its PUT: they were compared by that.
      try await contents.establishTrust(pairs(in: buckets, except: early))
      // What the listed ETags showed is compared again if they turned out to be wrong.
      let known = contents.trustsETags ? early : .none
      result.equal += known.count
      try await compare(pairs(in: buckets, except: known), into: &result)
    }
    result.list.sort { ($0.bucket, $0.key) < ($1.bucket, $1.key) }
    return result
  }

  private func pairs(in buckets: [String], except equal: EqualObjects) -> Pairs {
    Pairs(of: expected, actual, in: buckets, allowsExtra: options.allowsExtra, except: equal, rule: rule)
  }

  private func compare(
    _ pairs: some Sequence<Pair> & Sendable, into result: inout Differences
  ) async throws(StateFailure) {
    var open: [Pair] = []
    for pair in pairs {
      // Most objects are equal, which is determined without waiting.
      if try isEqualAtOnce(pair) { result.equal += 1 } else { open.append(pair) }
      if open.count == Self.atOnce { try await settle(&open, into: &result) }
    }
    try await settle(&open, into: &result)
  }

  private func isEqualAtOnce(_ pair: Pair) throws(StateFailure) -> Bool {
    if case .ignore? = pair.rule?.method { return true }
    guard let expected = pair.expected, let actual = pair.actual else { return false }
    return try contents.isEqualAtOnce(expected, actual, in: pair.bucket)
  }

  private func settle(_ open: inout [Pair], into result: inout Differences) async throws(StateFailure) {
    let found = try await concurrently(open, width: Session.width) { pair throws(StateFailure) in
      try await difference(of: pair)
    }
    result.equal += found.count { $0 == nil }
    result.list += found.compactMap { $0 }
    open = []
  }

  /// Pairs whose results are in memory at once.
  private static let atOnce = 4096

  private func missingBucket(_ bucket: String) -> Difference? {
    if actual.buckets[bucket] == nil { return Difference(.missing, bucket: bucket, key: "") }
    if expected.buckets[bucket] == nil, !options.allowsExtra { return Difference(.unexpected, bucket: bucket, key: "") }
    return nil
  }

  @Sendable func rule(for bucket: String, _ key: ObjectKey) -> Rule? {
    if rules.rules.isEmpty { return nil }
    return rules.rule(for: plain(bucket), key)
  }

  /// Returns the bucket's name in rules.
  func plain(_ bucket: String) -> String {
    !suffix.isEmpty && bucket.hasSuffix(suffix) ? String(bucket.dropLast(suffix.count)) : bucket
  }

  // MARK: One pair

  private func difference(of pair: Pair) async throws(StateFailure) -> Difference? {
    guard let expected = pair.expected else {
      return Difference(.unexpected, bucket: pair.bucket, key: pair.key, actual: pair.actual)
    }
    guard let actual = pair.actual else {
      return Difference(.missing, bucket: pair.bucket, key: pair.key, expected: expected)
    }
    if !options.explains,
      !(try await contents.isEqual(expected, actual, in: pair.bucket, verifies: false)), pair.rule == nil
    {
      // It will be written completely: other differences are irrelevant.
      return Difference(.content, bucket: pair.bucket, key: pair.key, expected: expected, actual: actual)
    }
    let properties = try await contents.propertyDifferences(expected, actual, in: pair.bucket)
      .filter { pair.rule?.ignores($0) != true }
    let isEqual = try await contents.isEqual(expected, actual, in: pair.bucket, verifies: options.explains)
    var contents: ContentDifference?
    if !isEqual {
      if let rule = pair.rule, rule.method != .bytes || rule.isCompressed {
        contents = try await apply(rule, expected, actual, in: pair.bucket)
      } else {
        contents =
          options.explains
          ? try await self.contents.explain(expected, actual, in: pair.bucket)
          : .binary(firstOffset: nil, expected: expected.size, actual: actual.size)
      }
    }
    if contents == nil, properties.isEmpty { return nil }
    var difference = Difference(
      contents == nil ? .properties : .content, bucket: pair.bucket, key: pair.key, expected: expected, actual: actual)
    difference.properties = properties
    difference.contents = contents
    return difference
  }

  private func apply(
    _ rule: Rule, _ expected: Item, _ actual: Item, in bucket: String
  ) async throws(StateFailure) -> ContentDifference? {
    if case .command(let command) = rule.method {
      let left = try await self.expected.source.file(of: expected, in: bucket)
      let right = try await self.actual.source.file(of: actual, in: bucket)
      return try await RuleCommand(command, directory: rules.directory).run(
        expected: left.path, actual: right.path, bucket: bucket, key: expected.key)
    }
    guard max(expected.size, actual.size) <= Normalizer.limit else {
      throw StateFailure(
        .trouble,
        "s3://\(bucket)/\(expected.key) is too large for the rule \"\(rule.match.text)\": it compares in memory")
    }
    let left = try await self.expected.source.bytes(of: expected, in: bucket, limit: Normalizer.limit)
    let right = try await self.actual.source.bytes(of: actual, in: bucket, limit: Normalizer.limit)
    return Self.compare(left, right, by: rule)
  }

  static func compare(_ expected: [UInt8], _ actual: [UInt8], by rule: Rule) -> ContentDifference? {
    let normalizer = Normalizer(rule: rule)
    do throws(Normalizer.Failure) {
      let left = try normalizer.form(of: expected)
      let right = try normalizer.form(of: actual)
      if left == right { return nil }
      return ContentComparer.show(left, right, isWhole: true)
    } catch {
      if expected == actual { return nil }
      return .note("the rule \"\(rule.match.text)\" cannot compare it: \(error.reason)")
    }
  }
}

import Keys
import S3

/// Rules about many objects at once: `count`, and `as` for many parts of one file.
extension Comparison {
  struct Group: Sendable {
    let bucket: String
    let rule: Rule
    var expected: [Item] = []
    var actual: [Item] = []
  }

  /// Removes the pairs of such rules, and the files that `as` names.
  func takeGroups(from pairs: inout [Pair]) -> [Group] {
    guard rules.hasGroups else { return [] }
    var groups: [Group] = []
    // A file that parts are compared with is not an object itself.
    let wholes = Dictionary(
      rules.rules.compactMap { rule in rule.whole.map { (ObjectKey($0), rule) } },
      uniquingKeysWith: { first, _ in first })
    func group(_ bucket: String, _ rule: Rule) -> Int {
      if let index = groups.firstIndex(where: { $0.bucket == bucket && $0.rule == rule }) { return index }
      groups.append(Group(bucket: bucket, rule: rule))
      return groups.count - 1
    }
    for bucket in expected.buckets.keys.sorted() {
      for rule in rules.rules where rule.isOfGroup && rule.names(plain(bucket)) { _ = group(bucket, rule) }
    }
    pairs.removeAll { pair in
      if let rule = wholes[ObjectKey("\(plain(pair.bucket))/\(pair.key)")], let expected = pair.expected {
        let index = group(pair.bucket, rule)
        groups[index].expected = [expected]
        guard let actual = pair.actual else { return true }
        // An object that has the file's own name is one of the parts, if the rule matches it.
        guard rule.match.matches("\(plain(pair.bucket))/\(pair.key)") else { return false }
        groups[index].actual.append(actual)
        return true
      }
      guard let rule = pair.rule, rule.isOfGroup else { return false }
      let index = group(pair.bucket, rule)
      if rule.whole == nil, let expected = pair.expected { groups[index].expected.append(expected) }
      if let actual = pair.actual { groups[index].actual.append(actual) }
      return true
    }
    return groups
  }

  func difference(of group: Group) async throws(StateFailure) -> Difference? {
    var difference = Difference(.content, bucket: group.bucket, key: ObjectKey(keyPattern(of: group.rule)))
    if case .count(let stated) = group.rule.method {
      let range = stated ?? group.expected.count...group.expected.count
      if range.contains(group.actual.count) { return nil }
      let wanted =
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
      difference.contents = .note("\(wanted) objects are expected, \(group.actual.count) are there")
      return difference
    }
    guard let whole = group.expected.first else {
      throw StateFailure(
        .trouble, "the rule \"\(group.rule.match.text)\" compares with \(group.rule.whole ?? ""), which is no file")
    }
    guard group.actual.reduce(0, { $0 + $1.size }) <= Int64(Normalizer.limit) else {
      throw StateFailure(.trouble, "the parts \"\(group.rule.match.text)\" are too large to compare in memory")
    }
    var parts: [[UInt8]] = []
    for item in group.actual {
      parts.append(try await actual.source.bytes(of: item, in: group.bucket, limit: Normalizer.limit))
    }
    let bytes = try await expected.source.bytes(of: whole, in: group.bucket, limit: Normalizer.limit)
    let joined = Normalizer(rule: group.rule).joinParts(parts)
    if joined == bytes { return nil }
    guard let contents = Self.compare(bytes, joined, by: group.rule) else { return nil }
    difference.contents = contents
    difference.expected = whole
    return difference
  }

  private func keyPattern(of rule: Rule) -> String {
    rule.match.text.split(separator: "/", maxSplits: 1).last.map(String.init) ?? rule.match.text
  }
}

extension Rules {
  var hasGroups: Bool { rules.contains { $0.isOfGroup } }
}

extension Rule {
  var isOfGroup: Bool {
    if whole != nil { return true }
    if case .count = method { return true }
    return false
  }

  /// Returns whether the pattern names this bucket. Then it applies even where no object matches.
  fileprivate func names(_ bucket: String) -> Bool { match.prefix.hasPrefix(bucket + "/") }
}

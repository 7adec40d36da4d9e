import Keys
package import S3

/// The requests that make an endpoint's buckets equal to a state. A value: nothing happens before the executor performs
/// it.
package struct Plan: Sendable {
  package struct Put: Hashable, Sendable {
    package let bucket: String
    package let item: Item
  }

  /// Other headers, metadata or tags for an object whose bytes are right.
  package struct Fix: Hashable, Sendable {
    package let bucket: String
    package let item: Item
    /// Whether only the tags differ: that changes neither ETag nor LastModified.
    package let isOnlyTags: Bool
    package let properties: Properties
    /// The ETag of the object as it is.
    package let etag: ETag
  }

  package var newBuckets: [String] = []
  package var puts: [Put] = []
  package var fixes: [Fix] = []
  package var deletes: [String: [ObjectKey]] = [:]
  /// Versions and delete markers that `--purge-versions` deletes, as far as they exist already.
  package var purges: [String: [ObjectVersion]] = [:]
  /// Objects that are right already.
  package var untouched = 0
  /// The number of objects that are not in the state, and stay because of `--keep`.
  package var kept = 0

  package var purgeCount: Int { purges.values.reduce(0) { $0 + $1.count } }
  package var deleteCount: Int { deletes.values.reduce(0) { $0 + $1.count } }
  package var isEmpty: Bool { newBuckets.isEmpty && puts.isEmpty && fixes.isEmpty && deletes.isEmpty }

  /// - Parameters:
  ///   - deletesExtra: whether objects that the state does not have are deleted.
  ///   - keep: what is never deleted.
  package init(_ differences: Differences, deletesExtra: Bool, keep: KeptKeys = .nothing) {
    untouched = differences.equal
    for difference in differences.list {
      switch difference.change {
      case .missing where difference.key.isEmpty: newBuckets.append(difference.bucket)
      case .missing, .content:
        if let item = difference.expected { puts.append(Put(bucket: difference.bucket, item: item)) }
      case .properties: addFix(difference)
      case .unexpected where difference.key.isEmpty: continue
      case .unexpected:
        guard deletesExtra else { continue }
        if keep.include(difference.bucket, difference.key) {
          kept += 1
        } else {
          deletes[difference.bucket, default: []].append(difference.key)
        }
      }
    }
  }

  private mutating func addFix(_ difference: Difference) {
    guard let item = difference.expected, let stated = item.stated, let actual = difference.actual,
      case .object(let etag, _) = actual.content
    else { return }
    let isOnlyTags = difference.properties.allSatisfy { $0.kind == .tag }
    // A copy onto itself takes at most 5 GiB; beyond, the object is put again.
    if !isOnlyTags, item.size > S3Client.maximumCopySize {
      puts.append(Put(bucket: difference.bucket, item: item))
    } else {
      fixes.append(
        Fix(
          bucket: difference.bucket, item: item, isOnlyTags: isOnlyTags, properties: stated.properties, etag: etag))
    }
  }

  /// Plans to delete all but the newest versions after the rest of the plan, given the versions in `listed` of a
  /// bucket.
  ///
  /// - Parameter isVersioned: whether a new version keeps the one before, even if that is the version `null`.
  mutating func purge(_ listed: [ObjectVersion], of bucket: String, isVersioned: Bool, keep: KeptKeys) {
    var replaced = Set(deletes[bucket] ?? [])
    for put in puts where put.bucket == bucket { replaced.insert(put.item.key) }
    for fix in fixes where fix.bucket == bucket && !fix.isOnlyTags { replaced.insert(fix.item.key) }
    let old = listed.filter { version in
      if version.isPurged { return true }
      return replaced.contains(version.key) && (isVersioned || version.versionID != "null")
    }
    purges[bucket] = old.filter { !keep.include(bucket, $0.key) }
  }

  /// One line for each change, as `--dry-run` prints them.
  package var lines: [String] {
    let lines =
      newBuckets.map { "make    s3://\($0)" } + puts.map { "put     s3://\($0.bucket)/\($0.item.key)" }
      + fixes.map { "restore s3://\($0.bucket)/\($0.item.key)" }
      + deletes.sorted { $0.key < $1.key }.flatMap { bucket, keys in keys.map { "delete  s3://\(bucket)/\($0)" } }
      + purges.sorted { $0.key < $1.key }.flatMap { bucket, versions in
        versions.map {
          "purge   s3://\(bucket)/\($0.key) \($0.isDeleteMarker ? "delete marker" : "version") \($0.versionID)"
        }
      }
    return lines.map { Printable.line($0) }
  }
}

extension ObjectVersion {
  /// Whether `--purge-versions` deletes it: all but the newest, and every delete marker.
  var isPurged: Bool { !isLatest || isDeleteMarker }
}

/// The objects that a run must not delete, whatever the state contains (`--keep`).
///
/// A pattern is interpreted like one of `--only`, and in addition as one of keys in any bucket: an option that protects
/// interprets its argument rather too broadly than too narrowly.
package struct KeptKeys: Sendable {
  private let patterns: [PlacePattern]
  private let keys: [Glob]

  /// - Parameter suffix: the suffix of the buckets' names that the patterns leave out (`--suffix`).
  package init(_ patterns: [String], suffix: String = "") {
    self.patterns = patterns.map { PlacePattern($0, suffix: suffix) }
    keys = patterns.filter { !$0.isEmpty && !PlacePattern.isURI($0) }.map { PlacePattern.keys($0) }
  }

  package static let nothing = KeptKeys([])

  /// Returns whether an object is named; no version of it may be deleted.
  func include(_ bucket: String, _ key: ObjectKey) -> Bool {
    patterns.contains { $0.includes(bucket, key) } || keys.contains { $0.matches(key.string) }
  }
}

import Basics
import S3

/// Decides whether two objects are equal, with as few requests as possible.
struct ContentComparer: Sendable {
  private let session: Session
  private let expected: any StateSource
  private let actual: any StateSource
  /// Whether the attributes of files that a mount has written count where a directory specifies none.
  private let comparesFileAttributes: Bool

  /// Texts up to this size are shown as a diff.
  static let shownSize = 64 << 10

  init(
    _ session: Session, expected: any StateSource, actual: any StateSource, comparesFileAttributes: Bool = true
  ) {
    self.session = session
    self.comparesFileAttributes = comparesFileAttributes
    self.expected = expected
    self.actual = actual
  }

  // MARK: Without a request

  /// Whether the ETags that the server lists are trusted.
  var trustsETags: Bool { session.trust.verdict == .right }

  /// Returns whether two objects are equal, as far as that is known already. False: they may be, or not.
  func isEqualAtOnce(
    _ expected: Item, _ actual: Item, in bucket: String
  ) throws(StateFailure) -> Bool {
    guard expected.size == actual.size, let stated = expected.stated, let source = self.actual as? EndpointSource,
      case .object(let etag, _) = actual.content,
      let entry = source.known(actual, in: bucket), entry.properties.tags.isEmpty,
      stated.properties.tags.isEmpty,
      entry.properties == stated.properties || stated.differences(from: entry.properties).isEmpty
    else { return false }
    if actual.size == 0 { return true }
    if let md5 = entry.md5 { return try hasMD5(expected, md5) }
    guard trustsETags, case .md5(let md5) = ETagForm(etag) else { return false }
    return try hasMD5(expected, md5)
  }

  private func hasMD5(_ item: Item, _ md5: MD5Digest) throws(StateFailure) -> Bool {
    switch item.content {
    case .file(let path, let seen): try session.hashes.digests(of: path, seen: seen).md5 == md5
    case .blob(_, let known): known == md5
    case .object: false
    }
  }

  // MARK: Bytes

  /// Returns whether the bytes are the same. `verifies`: an ETag that differs is not believed where the object is
  /// small, because an encrypted object's is not an MD5.
  func isEqual(_ left: Item, _ right: Item, in bucket: String, verifies: Bool) async throws(StateFailure) -> Bool {
    guard left.size == right.size else { return false }
    if left.size == 0 { return true }
    switch (left.content, right.content) {
    case (_, .object(let etag, _)):
      return try await isEqual(
        local: left, expected, stored: right, etag, actual as? EndpointSource, in: bucket, verifies)
    case (.object(let etag, _), _):
      return try await isEqual(
        local: right, actual, stored: left, etag, expected as? EndpointSource, in: bucket, verifies)
    default:
      return try await expected.md5(of: left, in: bucket) == actual.md5(of: right, in: bucket)
    }
  }

  private func isEqual(
    local: Item, _ source: any StateSource, stored: Item, _ etag: ETag, _ endpoint: EndpointSource?, in bucket: String,
    _ verifies: Bool
  ) async throws(StateFailure) -> Bool {
    guard let endpoint else { return false }
    if case .object(let other, _) = local.content, other == etag, session.trust.verdict == .right { return true }
    let wanted = try await source.md5(of: local, in: bucket)
    let known = session.known(bucket).contents(of: stored.key, etag: etag, size: stored.size)?.md5
    if let known { return known == wanted }
    if session.trust.verdict == .right {
      switch ETagForm(etag) {
      case .md5(let md5):
        if md5 == wanted { return true }
        guard verifies, stored.size <= Self.shownSize else { return false }
      case .parts(let digest, let count):
        let file = try await source.file(of: local, in: bucket)
        for size in ETagForm.partSizes(of: stored.size, count: count) {
          guard try MultipartETag.digest(of: file.path, partSize: size) == digest else { continue }
          session.known(bucket).note(wanted, of: stored.key, etag: etag)
          return true
        }
      case .opaque: break
      }
    }
    return try await endpoint.md5(of: stored, in: bucket) == wanted
  }

  /// Verifies one object before the listed ETags are believed, unless the server was seen to list right ones; and
  /// always one that contradicts the server's answer to its PUT.
  ///
  /// `needsBoth`: only objects that are on both sides in the same size are compared by their ETags.
  /// Cost: usually none; one GET of a small object where nothing is known yet.
  func establishTrust(_ pairs: some Sequence<Comparison.Pair>, needsBoth: Bool = true) async throws(StateFailure) {
    guard let sample = objectToVerify(in: pairs, needsBoth: needsBoth) else { return }
    let real = try await sample.source.fetchedMD5(of: sample.item, in: sample.bucket)
    session.trust.note(isRight: real == sample.md5)
  }

  /// Returns the object to verify: one that contradicts what is known, or the smallest if nothing is known.
  private func objectToVerify(in pairs: some Sequence<Comparison.Pair>, needsBoth: Bool) -> Sample? {
    if session.trust.verdict == .wrong { session.trust.forget() }
    var smallest: Sample?
    for pair in pairs where !needsBoth || pair.hasOneSize {
      for sample in samples(of: pair) {
        switch evidence(sample) {
        case .right: session.trust.confirm()
        case .contradiction: return sample
        case .none:
          if let known = smallest, known.item.size <= sample.item.size { continue }
          smallest = sample
        }
      }
    }
    return session.trust.verdict == .unknown ? smallest : nil
  }

  /// Returns the objects of a pair whose ETags are MD5s.
  private func samples(of pair: Comparison.Pair) -> [Sample] {
    var samples: [Sample] = []
    func add(_ item: Item?, _ source: any StateSource) {
      guard let item, let source = source as? EndpointSource, item.size > 0,
        case .object(let etag, let modified) = item.content, case .md5(let md5) = ETagForm(etag)
      else { return }
      samples.append(
        Sample(item: item, bucket: pair.bucket, etag: etag, modified: modified, md5: md5, source: source))
    }
    add(pair.actual, actual)
    add(pair.expected, expected)
    return samples
  }

  private enum Evidence { case right, contradiction, none }

  private func evidence(_ sample: Sample) -> Evidence {
    guard let entry = session.known(sample.bucket).entry(of: sample.item.key),
      case .notAfter(let served) = entry.modified, entry.md5 == nil, entry.size == sample.item.size
    else { return .none }
    // This run's PUT was answered with the MD5 of what was sent, and the listing agrees.
    if entry.etag == sample.etag { return .right }
    // Listed with another ETag although no client wrote it later, or one did within a second. (A server's Date may be
    // older than its LastModified: some make it once a second.)
    return sample.modified.seconds <= served.seconds + 1 ? .contradiction : .none
  }

  private struct Sample {
    let item: Item
    let bucket: String
    let etag: ETag
    let modified: Timestamp
    let md5: MD5Digest
    let source: EndpointSource
  }

  // MARK: Properties

  func propertyDifferences(
    _ left: Item, _ right: Item, in bucket: String
  ) async throws(StateFailure) -> [PropertyDifference] {
    var stated: StatedProperties
    if let known = left.stated {
      stated = known
    } else {
      stated = StatedProperties(
        try await expected.properties(
          of: left, in: bucket, readsTags: right.stated?.properties.tags.isEmpty == false))
    }
    var found: Properties
    if left.stated != nil, let other = right.stated {
      // Both sides are files or snapshots: a property that neither specifies cannot differ.
      found = other.properties
    } else {
      found = try await actual.properties(of: right, in: bucket, readsTags: !stated.properties.tags.isEmpty)
    }
    if !comparesFileAttributes {
      if expected is DirectorySource, !stated.properties.namesFileAttributes { found = found.withoutFileAttributes }
      if actual is DirectorySource, !found.namesFileAttributes {
        stated.properties = stated.properties.withoutFileAttributes
      }
    }
    return stated.differences(from: found)
  }

  // MARK: How they differ

  func explain(_ left: Item, _ right: Item, in bucket: String) async throws(StateFailure) -> ContentDifference {
    let isSmall = max(left.size, right.size) <= Int64(Self.shownSize)
    let limit = isSmall ? Self.shownSize : 4 << 20
    let old = try await expected.bytes(of: left, in: bucket, limit: limit)
    let new = try await actual.bytes(of: right, in: bucket, limit: limit)
    let isWhole = Int64(old.count) == left.size && Int64(new.count) == right.size
    guard isSmall, isWhole else {
      let offset = Self.firstDifference(old, new, isWhole: isWhole)
      return .binary(firstOffset: offset, expected: left.size, actual: right.size)
    }
    return Self.show(old, new, isWhole: true)
  }

  /// Returns how two complete contents differ: for JSON by its pretty form, for text by lines, for others by offset.
  static func show(_ old: [UInt8], _ new: [UInt8], isWhole: Bool) -> ContentDifference {
    if isText(old), isText(new), max(old.count, new.count) <= 4 * shownSize {
      if let left = try? JSONValue.parse(old), let right = try? JSONValue.parse(new) {
        // Members sorted: their order is meaningless, and would hide real differences.
        let hunks = LineDiff.unified(Array(left.canonical.pretty.utf8), Array(right.canonical.pretty.utf8))
        if !hunks.isEmpty { return .text(hunks) }
      }
      return .text(LineDiff.unified(old, new))
    }
    return .binary(
      firstOffset: firstDifference(old, new, isWhole: isWhole), expected: Int64(old.count), actual: Int64(new.count))
  }

  static func isText(_ bytes: [UInt8]) -> Bool {
    !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
  }

  /// Returns the first offset that differs; `nil` if they are equal as far as they were read.
  private static func firstDifference(_ old: [UInt8], _ new: [UInt8], isWhole: Bool) -> Int64? {
    if let index = zip(old, new).enumerated().first(where: { $1.0 != $1.1 })?.offset { return Int64(index) }
    return isWhole || old.count != new.count ? Int64(min(old.count, new.count)) : nil
  }
}

/// Computes the ETag of an upload in parts, from the file.
enum MultipartETag {
  /// Returns the MD5 of the parts' MD5s. Cost: reads the file.
  static func digest(of path: String, partSize: Int64) throws(StateFailure) -> MD5Digest {
    var whole = IncrementalDigest(.md5)
    var part = IncrementalDigest(.md5)
    var left = partSize
    let isRead = FileAccess.forEachPiece(of: path) { piece in
      var rest = piece[...]
      while !rest.isEmpty {
        let count = Int(min(left, Int64(rest.count)))
        part.update(UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
        rest = rest.dropFirst(count)
        left -= Int64(count)
        guard left == 0 else { continue }
        finish(&part, into: &whole)
        left = partSize
      }
    }
    guard isRead else { throw .disk("read", path) }
    if left < partSize { finish(&part, into: &whole) }
    return MD5Digest(whole.finish())
  }

  private static func finish(_ part: inout IncrementalDigest, into whole: inout IncrementalDigest) {
    var next = IncrementalDigest(.md5)
    swap(&part, &next)
    next.finish().withUnsafeBytes { whole.update($0) }
  }
}

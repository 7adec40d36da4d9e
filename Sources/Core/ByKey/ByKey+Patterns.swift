import Keys
import S3

/// Objects of one bucket, by a pattern of their keys: `*` and `?` within a segment, `**` across segments, `[a-z]`,
/// `{one,two}`; a backslash takes the next character as it is.
public struct KeyPattern: Hashable, Sendable {
  public let bucket: String
  let glob: Glob

  /// Parses the key of the path; nil if it contains no pattern.
  public init?(_ path: ObjectPath) {
    guard !path.isRoot, path.key.string.utf8.contains(where: { "*?[{".utf8.contains($0) }) else { return nil }
    bucket = path.bucket
    // A folder means everything below it, as in `localstackmount wait`.
    glob = Glob(path.key.string + (path.isDirectory ? "**" : ""))
  }

  /// Matches everything below a directory; nil for the root, and for a path that is not a directory.
  public init?(below directory: ObjectPath) {
    guard !directory.isRoot, directory.isDirectory else { return nil }
    bucket = directory.bucket
    // The directory's name is meant literally, whatever characters it has.
    let literal = directory.key.string.unicodeScalars.reduce(into: "") { text, scalar in
      if "*?[]{},\\".unicodeScalars.contains(scalar) { text += "\\" }
      text.unicodeScalars.append(scalar)
    }
    glob = Glob(literal + "**")
  }

  /// In bytes: a key of which every byte is escaped, and two stars.
  static let maximumLength = 2 * ObjectKey.maximumLength + 2
}

extension ByKey {
  /// Returns the directory that contains everything that matches and is shown: a pattern may begin above the prefix
  /// that is chosen of the bucket.
  func place(of pattern: KeyPattern) -> ObjectPath {
    let (begin, top) = (ObjectKey(pattern.glob.prefix), knowledge.location(ofBucket: pattern.bucket).prefix)
    return ObjectPath(bucket: pattern.bucket, key: top.hasPrefix(begin) ? top : begin)
  }

  /// Returns the objects that match a pattern, in key order; none where the bucket does not exist. Throws interrupted
  /// when the deadline has passed, or the task is cancelled, before all keys were examined; nameTooLong for a pattern
  /// longer than any key. Cost: one LIST per 1,000 keys that begin as the pattern does.
  public func objects(
    matching pattern: KeyPattern, until deadline: ContinuousClock.Instant? = nil
  ) async throws(FileSystemError) -> [ListedEntry] {
    guard pattern.glob.text.utf8.count <= KeyPattern.maximumLength else {
      throw FileSystemError(.nameTooLong, "the pattern has more than \(KeyPattern.maximumLength) bytes")
    }
    let place = place(of: pattern)
    try await door.enter(place, .read)
    var found: [ListedEntry] = []
    let request = ListRequest(bucket: place.bucket, prefix: place.key, delimiter: nil)
    do throws(FileSystemError) {
      try await knowledge.forEachPage(of: request) { (page) async throws(FileSystemError) in
        try await Self.goOn(until: deadline)
        let matches = try await pattern.glob.matching(page.objects, \.key.string) {
          () async throws(FileSystemError) in
          try await Self.goOn(until: deadline)
        }
        for object in matches {
          let reference = ObjectReference(bucket: pattern.bucket, key: object.key)
          found.append(ListedEntry(ObjectFacts(object), name: object.key.string, reference: reference))
        }
      }
    } catch {
      guard error.cause?.code == .noSuchBucket else { throw error }
      return []
    }
    return found
  }

  /// Yields to other tasks during a long scan of many keys. Throws interrupted when no caller waits any more.
  private static func goOn(until deadline: ContinuousClock.Instant?) async throws(FileSystemError) {
    await Task.yield()
    guard !Task.isCancelled else { throw FileSystemError(.interrupted, "nobody waits for the answer any more") }
    if let deadline, ContinuousClock.now >= deadline {
      throw FileSystemError(.interrupted, "the time was over before all keys were looked at")
    }
  }
}

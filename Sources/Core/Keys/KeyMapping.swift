package import S3

/// How keys are spelt as file names. The only code that knows "/", escaping and shadowing.
///
/// A key is cut at "/" into segments, and each segment becomes a name below its directory. POSIX cannot spell every
/// segment, so some are written differently, always reversibly. `‛` (U+201B) is the quote character:
///
/// | in the key | as a name |
/// |---|---|
/// | NUL | `␀` |
/// | `‛` and `␀` themselves | `‛‛`, `‛␀` |
/// | the segments `.`, `..` and the empty one (`a//b`) | `．`, `．．`, `／` |
/// | the segments `．`, `．．`, `／` themselves | `‛．`, `‛．．`, `‛／` |
/// | the object `a` beside the directory `a/` | `a‛object` |
/// | the body of the marker `a/` | `‛object` in the directory `a` |
/// | a name of more than 255 bytes | a directory named by its first part and `‛…`, which holds the rest |
///
/// Everything else, including newlines and control characters, stays as it is. A continuation directory is not a
/// directory of the bucket: its prefix is the parent's prefix and the first part of the segment, without "/" at the
/// end, and it shows only names that do not fit whole.
package enum KeyMapping {
  /// The longest name that POSIX systems accept (NAME_MAX), in UTF-8 bytes.
  package static let maximumNameLength = 255

  /// The name of a marker's body in its directory.
  package static let markerBodyName = NameEscape.objectSuffix

  // MARK: Between names and segments

  /// Parses a name in its directory. Names that `names(forSegment:isShadowedObject:)` could never have produced are
  /// rejected, so that no key has two names; the exception is a continuation cut at the wrong place, which can only be
  /// detected from the whole segment (`key(forPath:isDirectory:)` rejects it).
  package static func parse(_ name: String) throws(KeyMappingError) -> ParsedName {
    guard !name.isEmpty else { throw KeyMappingError(.empty, name: name) }
    guard name.utf8.count <= maximumNameLength else { throw KeyMappingError(.tooLong, name: name) }
    if NameEscape.isPlain(name) { return .segment(name) }
    guard !NameEscape.isReserved(name) else { throw KeyMappingError(.reserved, name: name) }
    let (escaped, suffix) = NameEscape.splitSuffix(name)
    switch suffix {
    case nil:
      guard let segment = NameEscape.unescape(escaped) else { throw KeyMappingError(.notAnEscape, name: name) }
      return .segment(segment)
    case .object:
      if escaped.isEmpty { return .shadowedObject("") }
      guard let segment = NameEscape.unescape(escaped), !segment.isEmpty else {
        throw KeyMappingError(.notAnEscape, name: name)
      }
      return .shadowedObject(segment)
    case .continuation:
      guard escaped.utf8.count >= NameEscape.shortestChunk, let chunk = NameEscape.unescape(escaped) else {
        throw KeyMappingError(.notAnEscape, name: name)
      }
      return .continuation(chunk: chunk)
    }
  }

  /// Returns the path components of a segment in its directory: one name, or continuation directories and the last
  /// name. `isShadowedObject` requests the name of the object beside the directory of the same name; with an empty
  /// segment that is the object whose key is the directory's prefix itself.
  package static func names(forSegment segment: String, isShadowedObject: Bool = false) -> [String] {
    if !isShadowedObject, segment.utf8.count <= maximumNameLength, NameEscape.isPlain(segment) { return [segment] }
    var names: [String] = []
    var rest = Substring(segment)
    while true {
      let name = NameEscape.whole(rest, isShadowedObject: isShadowedObject)
      if name.utf8.count <= maximumNameLength { return names + [name] }
      let (chunk, remainder) = NameEscape.firstChunk(rest)
      names.append(chunk)
      rest = remainder
    }
  }

  /// Cuts a segment's name in two, where an addition makes it too long: the name of a continuation directory, and that
  /// of the rest. `nil` for a name that is shorter than a continuation.
  package static func split(_ name: String) -> (directory: String, rest: String)? {
    guard let segment = NameEscape.unescape(Substring(name)), name.utf8.count > NameEscape.longestChunk else {
      return nil
    }
    let (directory, rest) = NameEscape.firstChunk(Substring(segment))
    return rest.isEmpty ? nil : (directory, NameEscape.whole(rest, isShadowedObject: false))
  }

  /// Returns the name that `split` has cut; `nil` if a continuation directory is needed anyway, or there is none.
  package static func joined(directory: String, rest: String) -> String? {
    guard case .continuation(let chunk)? = try? parse(directory), case .segment(let segment)? = try? parse(rest) else {
      return nil
    }
    let names = names(forSegment: chunk + segment)
    return names.count == 1 ? names[0] : nil
  }

  // MARK: Between segments and keys

  /// Returns the key of the object that a segment names below a prefix.
  package static func objectKey(prefix: ObjectKey, segment: String) -> ObjectKey { ObjectKey(prefix.string + segment) }

  /// Returns the prefix of the directory that a segment names below a prefix; also the key of its marker.
  package static func directoryPrefix(prefix: ObjectKey, segment: String) -> ObjectKey {
    ObjectKey(prefix.string + segment + "/")
  }

  /// Returns the prefix of a continuation directory, which has no "/" at its end.
  package static func continuationPrefix(prefix: ObjectKey, chunk: String) -> ObjectKey {
    ObjectKey(prefix.string + chunk)
  }

  // MARK: Between whole paths and keys

  /// Returns the path of a key below its bucket. A key that ends in "/" has its directory's path; the empty key the
  /// empty path. `isShadowed` returns whether the key itself needs its `‛object` name: whether a directory of the same
  /// name exists or, for a key that ends in "/", whether the path of the marker's body is meant.
  package static func path(forKey key: ObjectKey, isShadowed: (ObjectKey) -> Bool) -> [String] {
    guard !key.isEmpty else { return [] }
    var segments = key.string.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    let last = segments.removeLast()
    let directories = segments.flatMap { names(forSegment: $0) }
    let shadowed = isShadowed(key)
    if last.isEmpty, !shadowed { return directories }
    return directories + names(forSegment: last, isShadowedObject: shadowed)
  }

  /// Returns the key of a path below its bucket: the inverse of `path(forKey:isShadowed:)`. Rejects every path that is
  /// not the only path of its key.
  package static func key(forPath path: [String], isDirectory: Bool) throws(KeyMappingError) -> ObjectKey {
    // Nearly all names are spelt as they are, and are then the only path of their key.
    if !isDirectory, path.allSatisfy({ NameEscape.isPlain($0) && $0.utf8.count <= maximumNameLength }) {
      return ObjectKey(path.joined(separator: "/"))
    }
    var prefix = ObjectKey("")
    var isShadowed = false
    for (index, name) in path.enumerated() {
      let isLast = index == path.count - 1
      switch try parse(name) {
      case .segment(let segment) where isLast && !isDirectory: prefix = objectKey(prefix: prefix, segment: segment)
      case .segment(let segment): prefix = directoryPrefix(prefix: prefix, segment: segment)
      case .continuation(let chunk) where !isLast: prefix = continuationPrefix(prefix: prefix, chunk: chunk)
      case .shadowedObject(let segment) where isLast && !isDirectory:
        prefix = objectKey(prefix: prefix, segment: segment)
        isShadowed = true
      case .continuation, .shadowedObject: throw KeyMappingError(.misplaced, name: name)
      }
    }
    let canonical = Self.path(forKey: prefix) { _ in isShadowed }
    guard canonical.count == path.count, zip(canonical, path).allSatisfy({ $0.utf8.elementsEqual($1.utf8) }) else {
      throw KeyMappingError(.misplaced, name: path.last ?? "")
    }
    return prefix
  }
}

/// The meaning of a file name in its directory.
package enum ParsedName: Hashable, Sendable {
  /// The segment of an object or of a directory.
  case segment(String)
  /// The object of a segment that is also a directory; the empty segment is the directory's own marker.
  case shadowedObject(String)
  /// A directory that holds the rest of the segments that begin with this chunk.
  case continuation(chunk: String)
}

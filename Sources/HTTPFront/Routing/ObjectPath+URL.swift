import Core

extension ObjectPath {
  /// Parses a decoded URL path; `nil` if it is not a place (an empty bucket with a key). Bucket names contain no "/",
  /// so splitting after decoding loses nothing.
  init?(urlPath: String) {
    guard urlPath.utf8.first == UInt8(ascii: "/") else { return nil }
    let rest = urlPath.utf8.dropFirst()
    guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else {
      self.init(bucket: String(Substring(rest)))
      return
    }
    let key = rest[rest.index(after: slash)...]
    guard slash != rest.startIndex else { return nil }
    self.init(bucket: String(Substring(rest[..<slash])), key: ObjectKey(String(Substring(key))))
  }

  /// The path of the URL that names this place, ready for a link. Buckets end in "/".
  ///
  /// Escapes the slashes of a key that has segments "." or "..": clients remove such segments from URLs, even if the dots
  /// are escaped.
  var urlPath: String { URLPrefix.current + ownURLPath }

  private var ownURLPath: String {
    guard !isRoot else { return "/" }
    let name = PercentCoding.encode(bucket)
    guard !key.isEmpty else { return "/\(name)/" }
    return key.hasDotSegment
      ? "/\(PercentCoding.encode("\(bucket)/\(key.string)"))"
      : "/\(name)/\(PercentCoding.encode(key.string, keeping: "/"))"
  }

  /// Returns a child of this directory.
  func child(_ name: String) -> ObjectPath {
    isRoot ? ObjectPath(bucket: name) : ObjectPath(bucket: bucket, key: ObjectKey(key.string + name))
  }

  /// The directory that contains this place.
  var parent: ObjectPath {
    guard !isRoot, !key.isEmpty else { return .root }
    var bytes = key.string.utf8[...]
    if bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return ObjectPath(bucket: bucket) }
    return ObjectPath(bucket: bucket, key: ObjectKey(String(Substring(bytes[...slash]))))
  }

  /// The last segment, without the slash of a directory.
  var name: String {
    guard !key.isEmpty else { return bucket }
    var bytes = key.string.utf8[...]
    if bytes.last == UInt8(ascii: "/") { bytes = bytes.dropLast() }
    let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
    return String(Substring(bytes[start...]))
  }
}

extension ObjectKey {
  /// Whether a segment is "." or "..".
  fileprivate var hasDotSegment: Bool {
    // The length of the segment so far, and the number of its dots.
    var (length, dots) = (0, 0)
    for byte in string.utf8 {
      if byte == UInt8(ascii: "/") {
        if dots == length && (1...2).contains(length) { return true }
        (length, dots) = (0, 0)
      } else {
        length += 1
        if byte == UInt8(ascii: ".") { dots += 1 }
      }
    }
    return dots == length && (1...2).contains(length)
  }
}

extension ObjectPath {
  /// The key without its segments ".", if it has any: some clients (rclone) write `./a:b` for a name with a colon.
  var withoutDots: ObjectPath? {
    let segments = key.string.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let kept = segments.filter { !$0.elementsEqual(".".utf8) }
    guard kept.count < segments.count else { return nil }
    return ObjectPath(bucket: bucket, key: ObjectKey(kept.map { String(Substring($0)) }.joined(separator: "/")))
  }
}

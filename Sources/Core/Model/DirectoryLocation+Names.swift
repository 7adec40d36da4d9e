import Keys
import S3

// How names in a directory correspond to segments: the mapping of keys, which knows no place, combined with that of the
// place.

extension DirectoryLocation {
  /// Returns the names of a segment from this directory on: one, unless it is too long. Nil if it has none here: a
  /// segment that fits whole, or is cut elsewhere, is not in a continuation directory, which continues segments that
  /// begin above.
  func names(of segment: String, isShadowedObject: Bool) -> ArraySlice<String>? {
    guard continuation > 0, let before = parent?.segment.string else {
      return KeyMapping.names(forSegment: segment, isShadowedObject: isShadowedObject)[...]
    }
    let path = KeyMapping.names(forSegment: before + segment, isShadowedObject: isShadowedObject)
    var chunks = ""
    for name in path.prefix(continuation) {
      guard case .continuation(let chunk)? = try? KeyMapping.parse(name) else { return nil }
      chunks += chunk
    }
    guard path.count > continuation, ByteName(chunks) == ByteName(before) else { return nil }
    return path[continuation...]
  }

  /// Parses a name in this directory. Also throws for what is a name elsewhere, and no segment's here.
  func parse(_ name: String) throws(KeyMappingError) -> ParsedName {
    let parsed = try KeyMapping.parse(name)
    guard continuation > 0 else { return parsed }
    let names: ArraySlice<String>? =
      switch parsed {
      case .segment(let segment): self.names(of: segment, isShadowedObject: false)
      case .shadowedObject(let segment): self.names(of: segment, isShadowedObject: true)
      case .continuation: [name]
      }
    guard let names, names.count == 1, names.first.map({ ByteName($0) }) == ByteName(name) else {
      throw KeyMappingError(.misplaced, name: name)
    }
    return parsed
  }

  /// Returns the continuation directory for segments that begin with this chunk and do not fit into one name.
  func continued(_ chunk: String) -> DirectoryLocation {
    DirectoryLocation(
      bucket: bucket, prefix: KeyMapping.continuationPrefix(prefix: prefix, chunk: chunk),
      continuation: continuation + 1)
  }
}

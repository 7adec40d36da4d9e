/// What a file name stands for in its directory.
package enum ParsedName: Hashable, Sendable {
  /// The segment of an object or of a directory.
  case segment(String)
  /// The object of a segment that is also a directory; the empty segment is the directory's own marker.
  case shadowedObject(String)
  /// A directory that holds the rest of the segments that begin with this chunk.
  case continuation(chunk: String)
}

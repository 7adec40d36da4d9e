import S3

/// The objects below a directory and their versions, as a text: an object more or less, or another version of one,
/// makes another text. Metadata and tags of objects are not part of it.
public struct TreeState: Hashable, Sendable {
  public let text: String

  public init(text: String) { self.text = text }

  init(_ versions: some Sequence<(key: ObjectKey, etag: ETag)>) {
    var digest = IncrementalDigest()
    for (key, etag) in versions.sorted(by: { $0.key < $1.key }) {
      var line = "\(key)\0\(etag.value)\n"
      line.withUTF8 { digest.update(UnsafeRawBufferPointer($0)) }
    }
    text = Hexadecimal.encode(Array(digest.finish().prefix(16)))
  }
}

/// What a move or a copy made, so that it can be recognized later.
public enum Relocated: Sendable {
  /// nil: the file is not in S3 yet.
  case object(ETag?)
  case directory(TreeState)
}

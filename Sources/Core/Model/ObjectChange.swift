/// One change of what a directory shows, whoever made it.
public struct ObjectChange: Hashable, Sendable {
  public enum Kind: String, Sendable { case created, changed, deleted }

  public var kind: Kind
  /// Ends in "/" for a directory; a bucket has no key.
  public var path: ObjectPath
  /// In bytes; nil for directories, buckets, and what is gone.
  public var size: Int64?
  public var modified: Timestamp?
  public var etag: ETag?
  public var origin = ChangeOrigin.elsewhere
}

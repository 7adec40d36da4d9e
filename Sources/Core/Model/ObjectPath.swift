import S3

/// A place named by bucket and true key, as the gateway's URLs name it: no escaping, every key is reachable.
///
/// An empty bucket is the root; an empty key is the bucket itself; a key that ends in "/" is a directory, any other key
/// is an object. `a` and `a/` are two places.
public struct ObjectPath: Hashable, Sendable, CustomStringConvertible {
  public var bucket: String
  public var key: ObjectKey

  public init(bucket: String, key: ObjectKey = "") {
    self.bucket = bucket
    self.key = key
  }

  public static let root = Self(bucket: "")

  public var isRoot: Bool { bucket.isEmpty }
  public var isBucket: Bool { !isRoot && key.isEmpty }
  /// Whether the path names a directory: the root, a bucket, or a key ending in "/".
  public var isDirectory: Bool { key.isEmpty || key.string.utf8.last == UInt8(ascii: "/") }
  /// The same key as a directory.
  public var asDirectory: Self { isDirectory ? self : Self(bucket: bucket, key: ObjectKey(key.string + "/")) }

  /// Returns whether an object is at this path or below it.
  func isOrHolds(_ reference: ObjectReference) -> Bool {
    guard !isRoot else { return true }
    guard reference.bucket == bucket else { return false }
    return isBucket || reference.key == key || reference.key.hasPrefix(asDirectory.key)
  }

  public var description: String { isRoot ? "/" : "/\(bucket)/\(key)" }
}

/// The properties of one version of an object, in HTTP's terms.
public struct ObjectInfo: Sendable {
  public var path: ObjectPath
  /// In bytes.
  public var size: Int64
  public var etag: ETag
  public var lastModified: Timestamp
  /// nil if only a listing has been read.
  public var properties: ObjectProperties?
  public var versionID: String?

  public init(
    path: ObjectPath, size: Int64, etag: ETag, lastModified: Timestamp, properties: ObjectProperties? = nil,
    versionID: String? = nil
  ) {
    self.path = path
    self.size = size
    self.etag = etag
    self.lastModified = lastModified
    self.properties = properties
    self.versionID = versionID
  }
}

/// The kind of thing that a path names.
public enum Located: Sendable {
  case root
  case bucket
  /// A marker object, or a prefix that other keys imply.
  case directory
  case object(ObjectInfo)
}

/// An entry of a gateway listing: the true key's last segment, unescaped. A directory's name has no trailing slash;
/// an object and a directory of the same name are two entries.
public struct ListedEntry: Sendable {
  public enum Kind: Sendable { case bucket, directory, object }
  public var kind: Kind
  public var name: String
  public var path: ObjectPath
  /// 0 for buckets and directories.
  public var size: Int64
  /// nil for directories without a marker.
  public var modified: Timestamp?
  public var etag: ETag?
  public var storageClass: String?

  public init(
    kind: Kind, name: String, path: ObjectPath, size: Int64 = 0, modified: Timestamp? = nil, etag: ETag? = nil,
    storageClass: String? = nil
  ) {
    self.kind = kind
    self.name = name
    self.path = path
    self.size = size
    self.modified = modified
    self.etag = etag
    self.storageClass = storageClass
  }
}

/// How current an answer must be.
public enum Freshness: Sendable {
  /// At most the ttl old.
  case withinTTL
  /// Requested from S3 now.
  case now
}

/// The result of a finished upload.
public struct WrittenObject: Sendable {
  public var etag: ETag
  public var versionID: String?
  /// False when it replaced an object.
  public var created: Bool

  public init(etag: ETag, versionID: String?, created: Bool) {
    self.etag = etag
    self.versionID = versionID
    self.created = created
  }
}

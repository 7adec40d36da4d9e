/// The entity tag of one version of an object's bytes, without its quotes. Opaque: compared, never interpreted
/// (an MD5 of the bytes for a single PUT, something else after multipart uploads or encryption).
public struct ETag: Hashable, Codable, Sendable, CustomStringConvertible {
  public let value: String

  /// Takes the tag with or without its quotes.
  public init(_ text: String) {
    if text.utf8.count >= 2, text.utf8.first == UInt8(ascii: "\""), text.utf8.last == UInt8(ascii: "\"") {
      value = String(Substring(text.utf8.dropFirst().dropLast()))
    } else {
      value = text
    }
  }

  /// Same as `init(_:)` for bytes in UTF-8, without a string in between.
  init(_ bytes: [UInt8]) {
    let quote = UInt8(ascii: "\"")
    let isQuoted = bytes.count >= 2 && bytes.first == quote && bytes.last == quote
    value = String(decoding: isQuoted ? bytes.dropFirst().dropLast() : bytes[...], as: UTF8.self)
  }

  /// The tag as in headers.
  public var quoted: String { "\"\(value)\"" }
  public var description: String { value }
}

public struct BucketSummary: Hashable, Sendable {
  public let name: String
  public let created: Timestamp

  public init(name: String, created: Timestamp) {
    self.name = name
    self.created = created
  }
}

/// The properties of one object in a listing. It has no metadata headers: those cost a HEAD.
public struct ObjectSummary: Hashable, Sendable {
  public let key: ObjectKey
  public let size: Int64
  public let etag: ETag
  public let lastModified: Timestamp
  public let storageClass: String?

  public init(key: ObjectKey, size: Int64, etag: ETag, lastModified: Timestamp, storageClass: String? = nil) {
    self.key = key
    self.size = size
    self.etag = etag
    self.lastModified = lastModified
    self.storageClass = storageClass
  }
}

/// The properties of one version of an object, from HEAD and GET.
public struct ObjectHead: Hashable, Codable, Sendable {
  /// The size of the whole object, even when a range was requested.
  public var size: Int64
  public var etag: ETag
  public var lastModified: Timestamp
  public var properties: ObjectProperties
  public var versionID: String?
  /// How many tags the object has; nil if the answer did not contain it.
  public var tagCount: Int?

  public init(
    size: Int64, etag: ETag, lastModified: Timestamp, properties: ObjectProperties = .init(), versionID: String? = nil,
    tagCount: Int? = 0
  ) {
    self.size = size
    self.etag = etag
    self.lastModified = lastModified
    self.properties = properties
    self.versionID = versionID
    self.tagCount = tagCount
  }
}

public struct Tag: Hashable, Codable, Sendable {
  public let key: String
  public let value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }

  /// Compares byte by byte, as S3 compares names.
  public static func == (left: Self, right: Self) -> Bool {
    left.key.utf8.elementsEqual(right.key.utf8) && left.value.utf8.elementsEqual(right.value.utf8)
  }

  /// Encodes tags as in `x-amz-tagging`: `key=value&…`, percent-encoded.
  public static func query(_ tags: [Tag]) -> String {
    tags.map { PercentEncoding.encode($0.key) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
  }
}

/// Whether a bucket keeps versions.
public enum BucketVersioning: String, Sendable {
  /// It never did.
  case off = "Off"
  /// A deletion or a write keeps the version before.
  case enabled = "Enabled"
  /// A deletion or a write replaces the version `null`, and keeps all others.
  case suspended = "Suspended"
}

/// One version, or one delete marker, of an object in a bucket with versioning.
public struct ObjectVersion: Hashable, Sendable {
  public let key: ObjectKey
  public let versionID: String
  public let isLatest: Bool
  public let isDeleteMarker: Bool
  public let lastModified: Timestamp
  /// nil and 0 for a delete marker.
  public let etag: ETag?
  public let size: Int64

  public init(
    key: ObjectKey, versionID: String, isLatest: Bool, isDeleteMarker: Bool, lastModified: Timestamp, etag: ETag?,
    size: Int64
  ) {
    self.key = key
    self.versionID = versionID
    self.isLatest = isLatest
    self.isDeleteMarker = isDeleteMarker
    self.lastModified = lastModified
    self.etag = etag
    self.size = size
  }
}

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

/// The headers that are written with an object and returned with it.
public struct ObjectProperties: Hashable, Codable, Sendable {
  public var contentType: String?
  public var contentEncoding: String?
  public var contentDisposition: String?
  public var contentLanguage: String?
  public var cacheControl: String?
  public var expires: String?
  /// Not written when nil; "STANDARD" reads back as nil.
  public var storageClass: String?
  /// `x-amz-website-redirect-location`. S3 does not copy it: a COPY has it only where it is written again.
  public var redirectLocation: String?
  /// `x-amz-server-side-encryption` where it is a key of KMS; nil for S3's own keys.
  public var encryption: String?
  /// The ID of the key of KMS.
  public var encryptionKey: String?
  /// "true" or nil.
  public var usesBucketKey: String?
  /// `x-amz-meta-*`: names in lower case without the prefix. Values may hold any text; the client encodes what HTTP
  /// cannot transmit (RFC 2047) and decodes it again.
  public var userMetadata: [String: String]
  /// Values of `userMetadata` that another client has encoded differently than this one would, as received. They are
  /// sent so again, for as long as they mean the same.
  var spelling: [String: String]?
  /// Header values that were received as bytes that are not UTF-8, by the header's name: what they are in Latin-1. They
  /// are sent in Latin-1 again, for as long as they are the same.
  var latin1: [String: String]?
  /// `x-amz-tagging`: written, but not read back: a HEAD returns only their number (`ObjectHead.tagCount`).
  public var tags: [Tag] = []

  public init(contentType: String? = nil, userMetadata: [String: String] = [:]) {
    self.contentType = contentType
    self.userMetadata = userMetadata
  }

  /// Compares byte by byte: another spelling of an accent is another value.
  public static func == (left: Self, right: Self) -> Bool {
    StoredHeader.all.allSatisfy { isSame(left[keyPath: $0.value], right[keyPath: $0.value]) }
      && isSame(left.userMetadata, right.userMetadata) && isSame(left.spelling ?? [:], right.spelling ?? [:])
      && isSame(left.latin1 ?? [:], right.latin1 ?? [:]) && left.tags == right.tags
  }

  private static func isSame(_ left: String?, _ right: String?) -> Bool {
    guard let left, let right else { return left == right }
    return left.utf8.elementsEqual(right.utf8)
  }

  /// Compares two dictionaries byte by byte. Names are ASCII.
  private static func isSame(_ left: [String: String], _ right: [String: String]) -> Bool {
    left.count == right.count && left.allSatisfy { name, value in right[name].map { isSame(value, $0) } ?? false }
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

/// Conditions of a read (RFC 9110 section 13). If not met, `.notModified` or `.preconditionFailed` is thrown.
public struct ReadConditions: Hashable, Sendable {
  public var ifMatch: ETag?
  public var ifNoneMatch: ETag?

  public static let none = Self()

  public init(ifMatch: ETag? = nil, ifNoneMatch: ETag? = nil) {
    self.ifMatch = ifMatch
    self.ifNoneMatch = ifNoneMatch
  }
}

/// The condition of a write. If not met, `.preconditionFailed` is thrown and nothing has changed.
public enum WriteCondition: Hashable, Sendable {
  case none
  /// The object must exist with this ETag.
  case ifMatch(ETag)
  /// The object must not exist (`If-None-Match: *`).
  case ifAbsent
}

/// The body of a PUT. Its SHA-256 is computed before it is sent, so it must not change until the call returns.
public enum RequestBody: Sendable {
  case bytes([UInt8])
  /// `length` bytes at `offset` of an open file, which must stay open until the call returns. The descriptor is read
  /// with `pread`, its position is neither used nor moved.
  case file(descriptor: Int32, offset: Int64, length: Int64)

  public var length: Int64 {
    switch self {
    case .bytes(let bytes): Int64(bytes.count)
    case .file(_, _, let length): length
    }
  }
}

/// Receives a GET's body as it arrives. Both methods are called on the client's I/O thread, in order, one at a time:
/// they must be quick and must not block.
public protocol BodySink: AnyObject, Sendable {
  /// Receives the version that the bytes belong to. Called once, before any bytes.
  func begin(_ head: ObjectHead)
  /// Receives a piece. Returning false ends the transfer: `getObject` then throws `.cancelled`.
  func receive(_ bytes: RawSpan) -> Bool
}

/// One page of ListObjectsV2.
public struct ListRequest: Hashable, Sendable {
  public var bucket: String
  public var prefix: ObjectKey
  /// "/" groups keys into common prefixes; nil lists every key below the prefix.
  public var delimiter: String?
  public var startAfter: ObjectKey?
  public var continuationToken: String?
  /// At most 1,000; a server may return fewer, only `ListPage.nextToken` shows whether more follow.
  public var maxKeys: Int

  public init(
    bucket: String, prefix: ObjectKey = "", delimiter: String? = "/", startAfter: ObjectKey? = nil,
    continuationToken: String? = nil, maxKeys: Int = 1000
  ) {
    self.bucket = bucket
    self.prefix = prefix
    self.delimiter = delimiter
    self.startAfter = startAfter
    self.continuationToken = continuationToken
    self.maxKeys = maxKeys
  }
}

public struct ListPage: Hashable, Sendable {
  /// In order of their keys' bytes. A key equal to the request's prefix (a directory marker) is among them.
  public var objects: [ObjectSummary]
  /// Whole prefixes, ending in the delimiter.
  public var commonPrefixes: [ObjectKey]
  /// nil when this page is the last.
  public var nextToken: String?
  /// When the server answered, by its own clock, in whole seconds; nil if the answer has no date.
  public var served: Timestamp?

  /// Whether it has no keys.
  public var isEmpty: Bool { objects.isEmpty && commonPrefixes.isEmpty }

  public init(objects: [ObjectSummary] = [], commonPrefixes: [ObjectKey] = [], nextToken: String? = nil) {
    self.objects = objects
    self.commonPrefixes = commonPrefixes
    self.nextToken = nextToken
  }
}

/// One page of ListObjectVersions.
public struct VersionsPage: Hashable, Sendable {
  public var versions: [ObjectVersion]
  public var nextKeyMarker: ObjectKey?
  public var nextVersionMarker: String?

  public init(versions: [ObjectVersion], nextKeyMarker: ObjectKey? = nil, nextVersionMarker: String? = nil) {
    self.versions = versions
    self.nextKeyMarker = nextKeyMarker
    self.nextVersionMarker = nextVersionMarker
  }
}

/// How an object's headers are treated when it is copied.
public enum CopyMetadata: Hashable, Sendable {
  /// The copy has the source's (S3 refuses this when source and destination are the same object). COPY does not copy
  /// the storage class: it is given here, where it is not STANDARD.
  case keep(storageClass: String? = nil)
  case replace(ObjectProperties)
  /// The tags are replaced, too.
  case replaceWithTags(ObjectProperties)

  var properties: ObjectProperties? {
    switch self {
    case .keep: nil
    case .replace(let properties), .replaceWithTags(let properties): properties
    }
  }
}

public struct WriteResult: Hashable, Sendable {
  public var etag: ETag
  public var versionID: String?
  /// Returned for copies, not for PUTs.
  public var lastModified: Timestamp?
  /// When the server answered, by its own clock, in whole seconds; nil if the answer has no date.
  public var served: Timestamp?

  public init(etag: ETag, versionID: String? = nil, lastModified: Timestamp? = nil) {
    self.etag = etag
    self.versionID = versionID
    self.lastModified = lastModified
  }
}

/// A multipart upload in progress, identified by its key and id.
public struct MultipartUpload: Hashable, Sendable {
  public let reference: ObjectReference
  public let id: String
  /// When it was begun, by the server's clock, if it is known from a listing.
  public let initiated: Timestamp?
  /// Whether S3 stores a SHA-256 of each part.
  public let keepsChecksums: Bool

  public init(reference: ObjectReference, id: String, initiated: Timestamp? = nil, keepsChecksums: Bool = true) {
    self.reference = reference
    self.id = id
    self.initiated = initiated
    self.keepsChecksums = keepsChecksums
  }

  public static func == (left: Self, right: Self) -> Bool { left.reference == right.reference && left.id == right.id }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(reference)
    hasher.combine(id)
  }
}

/// A part that S3 holds, as CompleteMultipartUpload names it. Numbers run from 1 to 10,000.
public struct UploadedPart: Hashable, Sendable {
  public let number: Int
  public let etag: ETag
  /// Base64 SHA-256 of the part when it was uploaded with one.
  public let checksum: String?

  public init(number: Int, etag: ETag, checksum: String? = nil) {
    self.number = number
    self.etag = etag
    self.checksum = checksum
  }
}

/// A key that DeleteObjects could not delete.
public struct DeleteFailure: Hashable, Sendable {
  public let key: ObjectKey
  public let error: S3Error

  public init(key: ObjectKey, error: S3Error) {
    self.key = key
    self.error = error
  }
}

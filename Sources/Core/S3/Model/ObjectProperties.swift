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

  /// Returns why S3 does not store these headers; `nil` if it does. What an object has already may stay: some servers
  /// take more.
  public func problem(replacing old: Self = Self()) -> String? {
    StoredHeader.all.lazy.compactMap { header in
      let value = self[keyPath: header.value]
      return value == old[keyPath: header.value] ? nil : value.flatMap(header.problem)
    }.first
  }

  /// Drops the values that every object has, which are S3's own defaults.
  mutating func dropDefaults() {
    if storageClass == "STANDARD" { storageClass = nil }
    // Encrypted with S3's own key, as all objects are, or by the bucket's default.
    if encryption == "AES256" { encryption = nil }
    if encryption == nil { (encryptionKey, usesBucketKey) = (nil, nil) }
  }
}

/// One header that S3 stores with an object and returns: the only list that is used for the wire, PUT, `?meta`,
/// archives, sidecars and the rules of inheritance (SEMANTICS 6.7).
public struct StoredHeader: Sendable {
  /// In lower case, as in requests and answers.
  public let name: String
  /// As it is usually written: `Content-Type`.
  public let title: String
  public let value: any WritableKeyPath<ObjectProperties, String?> & Sendable
  /// How it is changed.
  public let kind: Kind

  public enum Kind: Sendable {
    /// It describes the object, and may be set by anyone.
    case described
    /// It says how S3 stores the object. Setting it moves or encrypts bytes, so that only a write of the object sets
    /// it.
    case keeping
  }

  private init(name: String, value: any WritableKeyPath<ObjectProperties, String?> & Sendable, kind: Kind) {
    (self.name, self.value, self.kind) = (name, value, kind)
    let words = name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }
    title = name.hasPrefix("x-amz-") ? name : words.joined(separator: "-")
  }

  public static let all: [StoredHeader] = [
    .init(name: "content-type", value: \.contentType, kind: .described),
    .init(name: "content-encoding", value: \.contentEncoding, kind: .described),
    .init(name: "content-disposition", value: \.contentDisposition, kind: .described),
    .init(name: "content-language", value: \.contentLanguage, kind: .described),
    .init(name: "cache-control", value: \.cacheControl, kind: .described),
    .init(name: "expires", value: \.expires, kind: .described),
    .init(name: "x-amz-website-redirect-location", value: \.redirectLocation, kind: .described),
    .init(name: "x-amz-storage-class", value: \.storageClass, kind: .keeping),
    .init(name: "x-amz-server-side-encryption", value: \.encryption, kind: .keeping),
    .init(name: "x-amz-server-side-encryption-aws-kms-key-id", value: \.encryptionKey, kind: .keeping),
    .init(name: "x-amz-server-side-encryption-bucket-key-enabled", value: \.usesBucketKey, kind: .keeping),
  ]

  /// Returns why the header cannot have this value; `nil` if it can.
  func problem(of text: String) -> String? {
    if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "\(name) cannot hold control characters" }
    guard value == \.expires, Timestamp(httpDate: text) == nil else { return nil }
    return "\"\(text)\" is no date for \(name); write Thu, 01 Jan 2026 00:00:00 GMT"
  }

  /// Whether it is a list: one that occurs several times means all of its values (RFC 9110 section 5.3).
  public var isList: Bool { value == \.contentEncoding || value == \.contentLanguage || value == \.cacheControl }

  /// The headers that describe the object.
  public static let described = all.filter { $0.kind == .described }
}

/// One header that S3 stores with an object and returns: the only list that is used for the wire, PUT, `?meta`,
/// archives, sidecars and the rules of inheritance (SEMANTICS 6.7).
public struct StoredHeader: Sendable {
  /// In lower case, as in requests and answers.
  public let name: String
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

  /// The headers that describe the object.
  public static let described = all.filter { $0.kind == .described }
}

extension ObjectProperties {
  /// Drops the values that every object has, which are S3's own defaults.
  mutating func dropDefaults() {
    if storageClass == "STANDARD" { storageClass = nil }
    // Encrypted with S3's own key, as all objects are, or by the bucket's default.
    if encryption == "AES256" { encryption = nil }
    if encryption == nil { (encryptionKey, usesBucketKey) = (nil, nil) }
  }
}

/// All that S3 keeps beside an object's bytes.
public struct ObjectDetails: Sendable {
  public var info: ObjectInfo
  /// In S3's order; nil where the server keeps no tags or does not tell them.
  public var tags: [Tag]?
}

/// New headers, metadata or tags of an object. What is nil stays; what is given takes the place of all there was.
public struct DetailChanges: Sendable {
  /// Content-Type and its like. `userMetadata` and `storageClass` of it are not used.
  public var headers: ObjectProperties?
  /// `x-amz-meta-*`, names without the prefix.
  public var metadata: [String: String]?
  public var tags: [Tag]?

  public init(headers: ObjectProperties? = nil, metadata: [String: String]? = nil, tags: [Tag]? = nil) {
    self.headers = headers
    self.metadata = metadata
    self.tags = tags
  }

  /// Applies what is given to the headers that there are.
  func applied(to properties: ObjectProperties) -> ObjectProperties {
    var result = properties
    if let headers {
      result = headers
      result.contentType = headers.contentType ?? properties.contentType
      result.storageClass = properties.storageClass
      result.userMetadata = properties.userMetadata
    }
    if let metadata { result.userMetadata = metadata.reduce(into: [:]) { $0[$1.key.lowercased()] = $1.value } }
    return result
  }
}

import S3

/// Everything that S3 stores beside an object's bytes.
public struct ObjectDetails: Sendable {
  public var info: ObjectInfo
  /// In S3's order; nil if the server stores no tags or does not return them.
  public var tags: [Tag]?
}

extension ObjectProperties {
  /// Checks what a client wants to be stored. Throws attributeTooLarge for more metadata than S3 stores,
  /// invalidArgument for a header that it does not. What an object has already may stay.
  func requireStorable(replacing old: Self = Self()) throws(FileSystemError) {
    try PosixMetadata.checkSize(ofUserMetadata: userMetadata, replacing: old.userMetadata)
    if let problem = problem(replacing: old) { throw FileSystemError(.invalidArgument, problem) }
  }
}

/// Changes of an object's headers, metadata or tags. A value sets its name and nil removes it; a name that is not given
/// stays, unless `replacesAll`.
public struct DetailChanges: Sendable {
  /// nil removes the name.
  public typealias Values = [String: String?]

  /// By the names of `StoredHeader.described`; others are ignored.
  public var headers: Values?
  /// `x-amz-meta-*`, names without the prefix.
  public var metadata: Values?
  public var tags: Values?
  /// Whether each of the three that is given replaces all existing values. A Content-Type stays unless another is
  /// given.
  public var replacesAll = false

  public init(headers: Values? = nil, metadata: Values? = nil, tags: Values? = nil, replacesAll: Bool = false) {
    self.headers = headers
    self.metadata = metadata
    self.tags = tags
    self.replacesAll = replacesAll
  }

  /// Applies the changes to the existing headers.
  func applied(to properties: ObjectProperties) -> ObjectProperties {
    var result = properties
    if let headers {
      for header in StoredHeader.described {
        if let given = headers[header.name] {
          result[keyPath: header.value] = given
        } else if replacesAll, header.value != \.contentType {
          result[keyPath: header.value] = nil
        }
      }
    }
    if let metadata {
      if replacesAll { result.userMetadata = [:] }
      for (name, value) in metadata { result.userMetadata[name.lowercased()] = value }
    }
    return result
  }

  /// Applies the changes to the existing tags: in their order, new ones after them.
  func applied(to tags: [Tag]) -> [Tag] {
    guard let changes = self.tags else { return tags }
    var rest = Dictionary(changes.map { (ByteName($0.key), $0.value) }) { $1 }
    var result: [Tag] = []
    for tag in replacesAll ? [] : tags {
      guard let given = rest.removeValue(forKey: ByteName(tag.key)) else {
        result.append(tag)
        continue
      }
      if let given { result.append(Tag(key: tag.key, value: given)) }
    }
    for (key, value) in rest.sorted(by: { $0.key < $1.key }) {
      if let value { result.append(Tag(key: key.string, value: value)) }
    }
    return result
  }
}

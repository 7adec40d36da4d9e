import Glibc
public import S3

extension InMemoryStore {
  public func headObject(
    _ reference: ObjectReference, conditions: ReadConditions, versionID: String?
  ) async throws(S3Error) -> ObjectHead {
    let object = try read(reference, conditions, versionID: versionID, .headObject)
    return object.head(at: inHead(object.lastModified), tellsTags: behaviour.tellsTags.inHead)
  }

  @discardableResult
  public func getObject(
    _ reference: ObjectReference, range: Range<Int64>?, conditions: ReadConditions, versionID: String?,
    into sink: any BodySink
  ) async throws(S3Error) -> ObjectHead {
    let object = try read(reference, conditions, versionID: versionID, .getObject)
    let size = Int64(object.bytes.count)
    if let range, range.lowerBound >= size || range.isEmpty {
      throw StoreOperation.getObject.error(.invalidRange, reference.description)
    }
    var offset = Int(range?.lowerBound ?? 0)
    let end = Int(min(range?.upperBound ?? size, size))
    let head = object.head(at: inHead(object.lastModified), tellsTags: behaviour.tellsTags.inGet)
    sink.begin(head)
    while offset < end {
      if Task.isCancelled { throw StoreOperation.getObject.error(.cancelled, reference.description) }
      let next = min(end, offset + behaviour.pieceSize)
      guard sink.receive(object.bytes.span.bytes.extracting(offset..<next)) else {
        throw StoreOperation.getObject.error(.cancelled, reference.description)
      }
      offset = next
    }
    return head
  }

  private func read(
    _ reference: ObjectReference, _ conditions: ReadConditions, versionID: String?, _ operation: StoreOperation
  ) throws(S3Error) -> StoredObject {
    try access(operation) { (state) throws(S3Error) in
      let object = try state.object(reference, operation, versionID: versionID)
      if let etag = conditions.ifMatch, etag != object.etag {
        throw operation.error(.preconditionFailed, reference.description)
      }
      if conditions.ifNoneMatch == object.etag { throw operation.error(.notModified, reference.description) }
      return object
    }
  }

  public func putObject(
    _ reference: ObjectReference, body: RequestBody, properties: ObjectProperties, condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    let bytes = try Self.bytes(of: body, .putObject)
    let object = StoredObject(
      bytes: bytes, etag: behaviour.etag(bytes), lastModified: lastModified(), properties: properties.asStored,
      tags: properties.tags)
    try access(.putObject) { (state) throws(S3Error) in
      try state.write(object, reference, behaviour.ignoresConditions ? .none : condition, .putObject)
    }
    var result = WriteResult(etag: object.etag)
    result.served = object.lastModified
    return result
  }

  public func copyObject(
    from source: ObjectReference, to destination: ObjectReference, metadata: CopyMetadata, ifSourceMatch: ETag?
  ) async throws(S3Error) -> WriteResult {
    let now = lastModified()
    let copied: StoredObject = try access(.copyObject) { (state) throws(S3Error) in
      var object = try state.object(source, .copyObject)
      if let ifSourceMatch, ifSourceMatch != object.etag {
        throw StoreOperation.copyObject.error(.preconditionFailed, source.description)
      }
      switch metadata {
      case .keep(let storageClass):
        guard source != destination else {
          throw StoreOperation.copyObject.error(.invalidRequest, source.description)
        }
        object.properties.storageClass = storageClass == "STANDARD" ? nil : storageClass
        object.properties.redirectLocation = nil
        if behaviour.copyForgets { object.properties.expires = nil }
      case .replace(let properties): object.properties = properties.asStored
      case .replaceWithTags(let properties):
        (object.properties, object.tags) = (properties.asStored, properties.tags)
      }
      // A copy is written in one part, however its source was.
      object.etag = behaviour.etag(object.bytes)
      object.lastModified = now
      object.versionID = nil
      try state.write(object, destination, .none, .copyObject)
      return object
    }
    var result = WriteResult(etag: copied.etag, lastModified: inHead(now))
    result.served = now
    return result
  }

  public func restoreVersion(
    _ versionID: String, of reference: ObjectReference, properties: ObjectProperties
  ) async throws(S3Error) -> WriteResult {
    let now = lastModified()
    let restored: StoredObject = try access(.copyObject) { (state) throws(S3Error) in
      var object = try state.object(reference, .copyObject, versionID: versionID)
      object.lastModified = now
      try state.write(object, reference, .none, .copyObject)
      return object
    }
    return WriteResult(etag: restored.etag, lastModified: inHead(now))
  }

  public func deleteObject(_ reference: ObjectReference, ifMatch etag: ETag) async throws(S3Error) {
    guard behaviour.deletesConditionally else {
      throw StoreOperation.deleteObject.error(.notImplemented, reference.description)
    }
    try access(.deleteObject) { (state) throws(S3Error) in
      guard try state.object(reference, .deleteObject).etag == etag else {
        throw StoreOperation.deleteObject.error(.preconditionFailed, reference.description)
      }
      state.buckets[reference.bucket]?[reference.key] = nil
    }
  }

  public func deleteObject(_ reference: ObjectReference, versionID: String?) async throws(S3Error) {
    try access(.deleteObject) { (state) throws(S3Error) in
      let bucket = try state.bucket(reference.bucket, .deleteObject)
      if let versionID, bucket.isVersioned {
        state.buckets[reference.bucket]?.remove(reference.key, versionID: versionID)
        return
      }
      state.buckets[reference.bucket]?[reference.key] = nil
    }
  }

  public func deleteObjects(bucket: String, keys: [ObjectKey]) async throws(S3Error) -> [DeleteFailure] {
    try access(.deleteObjects) { (state) throws(S3Error) in
      _ = try state.bucket(bucket, .deleteObjects)
      guard (1...1000).contains(keys.count) else {
        throw StoreOperation.deleteObjects.error(.invalidRequest, serverCode: "MalformedXML", bucket)
      }
      for key in keys { state.buckets[bucket]?[key] = nil }
    }
    return []
  }

  public func tags(of reference: ObjectReference) async throws(S3Error) -> [Tag] {
    try access(.getObjectTagging) { (state) throws(S3Error) in try state.object(reference, .getObjectTagging).tags }
  }

  public func setTags(_ tags: [Tag], of reference: ObjectReference) async throws(S3Error) {
    try access(.putObjectTagging) { (state) throws(S3Error) in
      _ = try state.object(reference, .putObjectTagging)
      guard tags.count <= 10, Set(tags.map(\.key)).count == tags.count else {
        throw StoreOperation.putObjectTagging.error(.invalidRequest, serverCode: "InvalidTag", reference.description)
      }
      state.buckets[reference.bucket]?.setTags(tags, of: reference.key)
    }
  }

  public func presignedURL(
    _ reference: ObjectReference, versionID: String?, expiresIn seconds: Int, endpoint: String?
  ) throws(S3Error) -> String {
    let version = versionID.map { "&versionId=\($0)" } ?? ""
    return "\(endpoint ?? "memory:")/\(reference.bucket)/\(reference.key.string)?expires=\(seconds)\(version)"
  }

  static func bytes(of body: RequestBody, _ operation: StoreOperation) throws(S3Error) -> [UInt8] {
    switch body {
    case .bytes(let bytes): return bytes
    case .file(let descriptor, let offset, let length):
      var count = 0
      // The pointers stay within the capacity: never more than the rest is requested.
      let bytes = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, initialized in
        while count < Int(length) {
          let read = pread(descriptor, buffer.baseAddress! + count, Int(length) - count, off_t(offset) + count)
          if read <= 0 { break }
          count += read
        }
        initialized = count
      }
      guard count == Int(length) else { throw operation.error(.other, serverCode: "ShortBody") }
      return bytes
    }
  }
}

extension InMemoryStore.State {
  mutating func write(
    _ object: StoredObject, _ reference: ObjectReference, _ condition: WriteCondition, _ operation: StoreOperation
  ) throws(S3Error) {
    let existing = try bucket(reference.bucket, operation)[reference.key]
    guard !reference.key.isEmpty, reference.key.length <= ObjectKey.maximumLength else {
      throw operation.error(.keyTooLong, reference.description)
    }
    let metadataSize = object.properties.userMetadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard metadataSize <= mostMetadata else { throw operation.error(.metadataTooLarge, reference.description) }
    switch condition {
    case .none: break
    case .ifAbsent: if existing != nil { throw operation.error(.preconditionFailed, reference.description) }
    case .ifMatch(let etag):
      guard let existing else { throw operation.error(.noSuchKey, reference.description) }
      guard existing.etag == etag else { throw operation.error(.preconditionFailed, reference.description) }
    }
    buckets[reference.bucket]?[reference.key] = object
  }
}

extension ObjectProperties {
  /// The properties as they are read back.
  var asStored: Self {
    var stored = self
    stored.contentType = contentType ?? "binary/octet-stream"
    if storageClass == "STANDARD" { stored.storageClass = nil }
    stored.tags = []
    return stored
  }
}

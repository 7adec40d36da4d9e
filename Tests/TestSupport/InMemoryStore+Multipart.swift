public import S3

extension InMemoryStore {
  public func createMultipartUpload(
    _ reference: ObjectReference, properties: ObjectProperties, copies: Bool
  ) async throws(S3Error) -> MultipartUpload {
    try access(.createMultipartUpload) { (state) throws(S3Error) in
      _ = try state.bucket(reference.bucket, .createMultipartUpload)
      guard !reference.key.isEmpty, reference.key.length <= ObjectKey.maximumLength else {
        throw StoreOperation.createMultipartUpload.error(.keyTooLong, reference.description)
      }
      state.uploadsBegun += 1
      let upload = MultipartUpload(
        reference: reference, id: "upload-\(state.uploadsBegun)", initiated: lastModified(),
        keepsChecksums: !copies)
      state.uploads[upload.id] = StoredUpload(
        upload: upload, properties: properties.asStored, tags: properties.tags)
      return upload
    }
  }

  public func uploadPart(
    _ upload: MultipartUpload, number: Int, body: RequestBody
  ) async throws(S3Error) -> UploadedPart {
    let bytes = try Self.bytes(of: body, .uploadPart)
    return try access(.uploadPart) { (state) throws(S3Error) in
      try state.add(bytes, number: number, to: upload, .uploadPart)
    }
  }

  public func uploadPartCopy(
    _ upload: MultipartUpload, number: Int, from source: ObjectReference, range: Range<Int64>, ifSourceMatch: ETag?
  ) async throws(S3Error) -> UploadedPart {
    try access(.uploadPartCopy) { (state) throws(S3Error) in
      let object = try state.object(source, .uploadPartCopy)
      // Servers accept it, and then hash every byte they copy: no caller may request it.
      guard !upload.keepsChecksums else {
        throw StoreOperation.uploadPartCopy.error(.invalidRequest, "created without announcing copies")
      }
      if let ifSourceMatch, ifSourceMatch != object.etag {
        throw StoreOperation.uploadPartCopy.error(.preconditionFailed, source.description)
      }
      guard range.lowerBound >= 0, range.upperBound <= Int64(object.bytes.count), !range.isEmpty else {
        throw StoreOperation.uploadPartCopy.error(.invalidRange, source.description)
      }
      let bytes = Array(object.bytes[Int(range.lowerBound)..<Int(range.upperBound)])
      return try state.add(bytes, number: number, to: upload, .uploadPartCopy)
    }
  }

  public func completeMultipartUpload(
    _ upload: MultipartUpload, parts: [UploadedPart], condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    let now = lastModified()
    return try access(.completeMultipartUpload) { (state) throws(S3Error) in
      let stored = try state.upload(upload, .completeMultipartUpload)
      let assembled = try assemble(parts, of: stored)
      let object = StoredObject(
        bytes: assembled, etag: ContentHash.etag(ofParts: parts.map(\.etag)), lastModified: now,
        properties: stored.properties, tags: stored.tags)
      try state.write(object, upload.reference, condition, .completeMultipartUpload)
      state.uploads[upload.id] = nil
      return WriteResult(etag: object.etag)
    }
  }

  private func assemble(_ parts: [UploadedPart], of stored: StoredUpload) throws(S3Error) -> [UInt8] {
    let operation = StoreOperation.completeMultipartUpload
    guard !parts.isEmpty else { throw operation.error(.invalidRequest, serverCode: "MalformedXML") }
    guard zip(parts, parts.dropFirst()).allSatisfy({ $0.number < $1.number }) else {
      throw operation.error(.invalidRequest, serverCode: "InvalidPartOrder")
    }
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      guard let held = stored.parts[part.number], held.etag == part.etag else {
        throw operation.error(.invalidRequest, serverCode: "InvalidPart")
      }
      guard Int64(held.bytes.count) >= behaviour.minimumPartSize || index == parts.count - 1 else {
        throw operation.error(.entityTooSmall)
      }
      bytes += held.bytes
    }
    return bytes
  }

  public func abortMultipartUpload(_ upload: MultipartUpload) async throws(S3Error) {
    try access(.abortMultipartUpload) { (state) throws(S3Error) in
      _ = try state.upload(upload, .abortMultipartUpload)
      state.uploads[upload.id] = nil
    }
  }

  public func listMultipartUploads(bucket: String, prefix: ObjectKey) async throws(S3Error) -> [MultipartUpload] {
    try access(.listMultipartUploads) { (state) throws(S3Error) in
      _ = try state.bucket(bucket, .listMultipartUploads)
      return state.uploads.values.map(\.upload)
        .filter { $0.reference.bucket == bucket && $0.reference.key.hasPrefix(prefix) }
        .sorted { ($0.reference.key, ObjectKey($0.id)) < ($1.reference.key, ObjectKey($1.id)) }
    }
  }
}

extension InMemoryStore.State {
  func upload(_ upload: MultipartUpload, _ operation: StoreOperation) throws(S3Error) -> StoredUpload {
    guard let stored = uploads[upload.id], stored.upload == upload else {
      throw operation.error(.noSuchUpload, upload.reference.description)
    }
    return stored
  }

  mutating func add(
    _ bytes: [UInt8], number: Int, to upload: MultipartUpload, _ operation: StoreOperation
  ) throws(S3Error) -> UploadedPart {
    _ = try self.upload(upload, operation)
    guard (1...10_000).contains(number) else { throw operation.error(.invalidRequest, serverCode: "InvalidArgument") }
    let part = StoredUpload.Part(bytes: bytes, etag: ContentHash.etag(bytes))
    uploads[upload.id]?.parts[number] = part
    return UploadedPart(number: number, etag: part.etag)
  }
}

public import S3

extension InterceptingStore {
  public func createMultipartUpload(
    _ reference: ObjectReference, properties: ObjectProperties, copies: Bool
  ) async throws(S3Error) -> MultipartUpload {
    try await around(StoreCall(.createMultipartUpload, reference)) { () async throws(S3Error) in
      try await base.createMultipartUpload(reference, properties: properties, copies: copies)
    }
  }

  public func uploadPart(
    _ upload: MultipartUpload, number: Int, body: RequestBody
  ) async throws(S3Error) -> UploadedPart {
    let call = StoreCall(.uploadPart, upload.reference, bytesSent: body.length)
    return try await around(call) { () async throws(S3Error) in
      try await base.uploadPart(upload, number: number, body: body)
    }
  }

  public func uploadPartCopy(
    _ upload: MultipartUpload, number: Int, from source: ObjectReference, range: Range<Int64>, ifSourceMatch: ETag?
  ) async throws(S3Error) -> UploadedPart {
    try await around(StoreCall(.uploadPartCopy, source)) { () async throws(S3Error) in
      try await base.uploadPartCopy(upload, number: number, from: source, range: range, ifSourceMatch: ifSourceMatch)
    }
  }

  public func completeMultipartUpload(
    _ upload: MultipartUpload, parts: [UploadedPart], condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    try await around(StoreCall(.completeMultipartUpload, upload.reference)) { () async throws(S3Error) in
      try await base.completeMultipartUpload(upload, parts: parts, condition: condition)
    }
  }

  public func abortMultipartUpload(_ upload: MultipartUpload) async throws(S3Error) {
    try await around(StoreCall(.abortMultipartUpload, upload.reference)) { () async throws(S3Error) in
      try await base.abortMultipartUpload(upload)
    }
  }

  public func listMultipartUploads(bucket: String, prefix: ObjectKey) async throws(S3Error) -> [MultipartUpload] {
    try await around(StoreCall(.listMultipartUploads, bucket, prefix)) { () async throws(S3Error) in
      try await base.listMultipartUploads(bucket: bucket, prefix: prefix)
    }
  }
}

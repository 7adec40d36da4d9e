extension S3Client {
  public func createMultipartUpload(
    _ reference: ObjectReference, properties: ObjectProperties, copies: Bool
  ) async throws(S3Error) -> MultipartUpload {
    var request = S3Request("CreateMultipartUpload", .post, reference)
    request.ask("uploads")
    try request.apply(properties)
    // Each part is sent with a SHA-256, which S3 accepts only when announced now. But then it also computes that of
    // each part that it copies, which costs more than the copy: parts beside copied ones are sent with an MD5 instead.
    if !copies { request.set("x-amz-checksum-algorithm", "SHA256") }
    request.body = .bytes([])
    request.safety = .once
    let result = try await sendForXML(request, root: "InitiateMultipartUploadResult", or: "UploadId")
    guard let id = result["UploadId"], !id.isEmpty else {
      throw S3Error(.malformedResponse, message: "the answer names no upload", operation: request.subject)
    }
    return MultipartUpload(reference: reference, id: id, keepsChecksums: !copies)
  }

  public func uploadPart(
    _ upload: MultipartUpload, number: Int, body: RequestBody
  ) async throws(S3Error) -> UploadedPart {
    var request = S3Request("UploadPart", .put, upload.reference)
    request.ask("partNumber", String(number))
    request.ask("uploadId", upload.id)
    request.body = body
    request.checksum = upload.keepsChecksums ? .sha256 : .md5
    request.pace = .bulk
    let response = try await send(request)
    return UploadedPart(
      number: number, etag: ETag(response.head["etag"] ?? ""), checksum: response.head["x-amz-checksum-sha256"])
  }

  public func uploadPartCopy(
    _ upload: MultipartUpload, number: Int, from source: ObjectReference, range: Range<Int64>, ifSourceMatch: ETag?
  ) async throws(S3Error) -> UploadedPart {
    var request = S3Request("UploadPartCopy", .put, upload.reference)
    request.ask("partNumber", String(number))
    request.ask("uploadId", upload.id)
    request.copy(from: source, ifMatch: ifSourceMatch)
    request.set("x-amz-copy-source-range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
    request.body = .bytes([])
    request.pace = .serverWork
    request.mayFailLate = true
    let result = try await sendForXML(request, root: "CopyPartResult", or: "ETag")
    return UploadedPart(number: number, etag: ETag(result["ETag"] ?? ""), checksum: result["ChecksumSHA256"])
  }

  public func completeMultipartUpload(
    _ upload: MultipartUpload, parts: [UploadedPart], condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    var request = S3Request("CompleteMultipartUpload", .post, upload.reference)
    request.ask("uploadId", upload.id)
    request.apply(condition)
    request.set("Content-Type", "application/xml")
    request.body = .bytes(
      XMLWriter.document("CompleteMultipartUpload") { writer in
        for part in parts.sorted(by: { $0.number < $1.number }) {
          writer.element("Part") {
            $0.element("PartNumber", String(part.number))
            $0.element("ETag", part.etag.quoted)
            if let checksum = part.checksum { $0.element("ChecksumSHA256", checksum) }
          }
        }
      })
    request.pace = .serverWork
    request.safety = .once
    request.mayFailLate = true
    let response = try await send(request)
    let result = try decode(response, root: "CompleteMultipartUploadResult", or: "ETag", of: request)
    var written = WriteResult(etag: ETag(result["ETag"] ?? ""), versionID: response.head.versionID)
    written.served = response.head.served
    return written
  }

  public func abortMultipartUpload(_ upload: MultipartUpload) async throws(S3Error) {
    var request = S3Request("AbortMultipartUpload", .delete, upload.reference)
    request.ask("uploadId", upload.id)
    _ = try await send(request)
  }

  public func listMultipartUploads(bucket: String, prefix: ObjectKey) async throws(S3Error) -> [MultipartUpload] {
    var uploads: [MultipartUpload] = []
    var markers: (key: String, id: String)?
    repeat {
      var request = S3Request("ListMultipartUploads", .get, bucket: bucket)
      request.ask("uploads")
      // Not encoded: LocalStack claims to encode the keys of this listing, and does not.
      request.ask("prefix", prefix.string)
      if let markers {
        request.ask("key-marker", markers.key)
        request.ask("upload-id-marker", markers.id)
      }
      let root = try await sendForXML(request, root: "ListMultipartUploadsResult")
      for upload in root.all("Upload") {
        guard let key = upload["Key"], let id = upload["UploadId"] else { continue }
        uploads.append(
          MultipartUpload(
            reference: ObjectReference(bucket: bucket, key: ObjectKey(key)), id: id,
            initiated: upload["Initiated"].flatMap(Timestamp.init(iso8601:))))
      }
      let next = root["NextKeyMarker"].map { (key: $0, id: root["NextUploadIdMarker"] ?? "") }
      markers = root["IsTruncated"] == "true" ? next : nil
    } while markers != nil
    return uploads
  }
}

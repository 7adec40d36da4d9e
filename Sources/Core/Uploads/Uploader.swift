import S3

/// Performs an upload: one PUT, one COPY, or the parts of a multipart upload in parallel.
struct Uploader: Sendable {
  let store: any ObjectStore
  let journal: UploadJournal
  let limits: UploadLimits
  /// The limit of parts in flight.
  let parallelism: Int

  /// Performs an upload. Throws errors of S3; nothing has changed then, and no part is left behind if S3 can be
  /// reached.
  func run(_ job: UploadJob, condition: WriteCondition) async throws(S3Error) -> WriteResult {
    if !job.state.bytesChanged { return try await rewriteHeaders(job) }
    if let begun = job.begun { return try await complete(begun, job, condition) }
    if let source = job.wholeCopy, condition == .none { return try await copy(source, job) }
    let plan = plan(of: job)
    do throws(S3Error) { return try await perform(plan, job, condition) } catch {
      // A server without UploadPartCopy: the bytes that the object has already are fetched and sent.
      guard error.code == .notImplemented, plan.copies else { throw error }
      return try await perform(self.plan(of: job, copies: false), job, condition)
    }
  }

  private func plan(of job: UploadJob, copies: Bool = true) -> UploadPlan {
    let bytes = job.bytes
    guard copies else { return UploadPlan(size: job.size, local: bytes.changed, base: nil, limits: limits) }
    let base = bytes.base.map { UploadPlan.Base(size: $0.reader.size, visible: $0.visible) }
    return UploadPlan(
      size: job.size, local: bytes.changed, base: base, copied: bytes.copied.pieces.map(\.range), limits: limits)
  }

  private func perform(
    _ plan: UploadPlan, _ job: UploadJob, _ condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    switch plan {
    case .unchanged:
      return try await rewriteHeaders(job)
    case .put:
      return try await store.putObject(
        job.reference, body: try await body(0..<job.size, of: job), properties: job.headersWithTags,
        condition: condition)
    case .multipart(let parts):
      return try await multipart(parts, job, condition)
    }
  }

  private func rewriteHeaders(_ job: UploadJob) async throws(S3Error) -> WriteResult {
    let copy = ObjectCopy(
      store: store, journal: journal, source: job.reference, destination: job.reference, headers: job.headers,
      ifSourceMatch: job.bytes.base?.reader.etag)
    return try await copy.copyAsItIs(size: job.size)
  }

  private func copy(_ piece: CopiedRanges.Piece, _ job: UploadJob) async throws(S3Error) -> WriteResult {
    try await store.copyObject(
      from: piece.source.reference, to: job.reference, metadata: .replaceWithTags(job.headersWithTags),
      ifSourceMatch: piece.source.etag)
  }

  private func multipart(
    _ parts: [PlannedPart], _ job: UploadJob, _ condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    let upload = try await journal.begin(
      job.reference, properties: job.headersWithTags, copies: parts.contains { $0.isCopy }, in: store)
    let numbered = parts.enumerated().map { ($0.offset + 1, $0.element) }
    return try await complete(upload, sending: numbered, sent: [], job, condition)
  }

  /// Completes an upload that began while the file was written, by sending the missing parts.
  private func complete(
    _ begun: PartStream.Begun, _ job: UploadJob, _ condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    let parts = begun.grid.parts(of: job.size)
    // A part that is shorter now than when it was sent is sent again.
    let sent = parts.compactMap { part in
      begun.parts[part.number].flatMap {
        begun.grid.range(of: part.number) == part.range ? $0 : nil
      }
    }
    let there = Set(sent.map(\.number))
    let missing = parts.filter { !there.contains($0.number) }.map { ($0.number, PlannedPart.upload($0.range)) }
    return try await complete(begun.upload, sending: missing, sent: sent, job, condition)
  }

  private func complete(
    _ upload: MultipartUpload, sending parts: [(Int, PlannedPart)], sent: [UploadedPart], _ job: UploadJob,
    _ condition: WriteCondition
  ) async throws(S3Error) -> WriteResult {
    do throws(S3Error) {
      let uploaded =
        sent
        + (try await concurrently(parts, limit: parallelism) { (part) async throws(S3Error) in
          try await self.send(part.1, number: part.0, of: upload, job)
        })
      let result = try await store.completeMultipartUpload(
        upload, parts: uploaded.sorted { $0.number < $1.number }, condition: condition)
      journal.ended(upload)
      return result
    } catch {
      await journal.abort(upload, in: store)
      throw error
    }
  }

  private func send(
    _ part: PlannedPart, number: Int, of upload: MultipartUpload, _ job: UploadJob
  ) async throws(S3Error) -> UploadedPart {
    switch part {
    case .copy(let range):
      guard let source = job.source(of: range) else {
        throw S3Error(.other, message: "nothing to copy from", operation: "UploadPartCopy \(job.reference)")
      }
      return try await store.uploadPartCopy(
        upload, number: number, from: source.reader.reference, range: source.range,
        ifSourceMatch: source.reader.etag)
    case .upload(let range):
      return try await store.uploadPart(upload, number: number, body: try await body(range, of: job))
    }
  }

  /// Returns a range of the file as a body: straight from the spool file where it is all there.
  private func body(_ range: Range<Int64>, of job: UploadJob) async throws(S3Error) -> RequestBody {
    if let spool = job.bytes.local.spool, job.bytes.local.ranges.gaps(in: range).isEmpty {
      return .file(descriptor: spool.descriptor, offset: range.lowerBound, length: Int64(range.count))
    }
    do throws(FileSystemError) {
      return .bytes(try await job.bytes.read(range, advice: .readOnce).bytes)
    } catch {
      if let cause = error.cause { throw cause }
      throw S3Error(.other, message: error.message, operation: "PutObject \(job.reference)")
    }
  }
}

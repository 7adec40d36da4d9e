import S3

/// Performs an upload: one PUT, one COPY, or the parts of a multipart upload side by side.
struct Uploader: Sendable {
  let store: any ObjectStore
  let journal: UploadJournal
  /// Parts under way at once.
  let parallelism: Int

  /// Throws what S3 gives; nothing has changed then, and no part is left behind if S3 can be reached.
  func run(
    _ job: UploadJob, condition: WriteCondition, reading content: FileContent
  ) async throws(S3Error) -> WriteResult {
    if !job.bytesChanged { return try await rewriteHeaders(job) }
    let base = job.base.map { UploadPlan.Base(size: $0.reader.size, visible: $0.visible) }
    switch UploadPlan(size: job.size, local: job.changed, base: base) {
    case .unchanged:
      return try await rewriteHeaders(job)
    case .put:
      return try await store.putObject(
        job.reference, body: try await body(0..<job.size, of: job, content), properties: job.headersWithTags,
        condition: condition)
    case .multipart(let parts):
      return try await multipart(parts, job, condition, content)
    }
  }

  private func rewriteHeaders(_ job: UploadJob) async throws(S3Error) -> WriteResult {
    try await store.copyObject(
      from: job.reference, to: job.reference, metadata: .replace(job.headers), ifSourceMatch: job.base?.reader.etag)
  }

  private func multipart(
    _ parts: [PlannedPart], _ job: UploadJob, _ condition: WriteCondition, _ content: FileContent
  ) async throws(S3Error) -> WriteResult {
    let upload = try await store.createMultipartUpload(job.reference, properties: job.headersWithTags)
    journal.began(upload)
    do throws(S3Error) {
      let uploaded = try await concurrently(Array(parts.enumerated()), limit: parallelism) {
        (item) async throws(S3Error) in
        try await self.send(item.element, number: item.offset + 1, of: upload, job, content)
      }
      let result = try await store.completeMultipartUpload(
        upload, parts: uploaded.sorted { $0.number < $1.number }, condition: condition)
      journal.ended(upload)
      return result
    } catch {
      await store.abort(upload, journal)
      throw error
    }
  }

  private func send(
    _ part: PlannedPart, number: Int, of upload: MultipartUpload, _ job: UploadJob, _ content: FileContent
  ) async throws(S3Error) -> UploadedPart {
    switch part {
    case .copy(let range):
      return try await store.uploadPartCopy(
        upload, number: number, from: job.reference, range: range, ifSourceMatch: job.base?.reader.etag)
    case .upload(let range):
      return try await store.uploadPart(upload, number: number, body: try await body(range, of: job, content))
    }
  }

  /// A range of the file as a body: straight from the spool file where it is all there.
  private func body(
    _ range: Range<Int64>, of job: UploadJob, _ content: FileContent
  ) async throws(S3Error) -> RequestBody {
    if let spool = job.spool, job.local.gaps(in: range).isEmpty {
      return .file(descriptor: spool.descriptor, offset: range.lowerBound, length: Int64(range.count))
    }
    do throws(FileSystemError) {
      return .bytes(try await content.read(range, advice: .readOnce).bytes)
    } catch {
      if let cause = error.cause { throw cause }
      throw S3Error(.other, message: error.message, operation: "PutObject \(job.reference)")
    }
  }
}

extension ObjectStore {
  /// Aborts an upload that failed, also when this task was cancelled. If that fails too, the next start does it.
  func abort(_ upload: MultipartUpload, _ journal: UploadJournal) async {
    await Task {
      do throws(S3Error) {
        try await abortMultipartUpload(upload)
      } catch {
        guard error.code == .noSuchUpload else { return }
      }
      journal.ended(upload)
    }.value
  }
}

/// Runs `body` for every item, at most `limit` at once. Throws the first failure, after cancelling the others.
func concurrently<Item: Sendable, Result: Sendable, Failure: Error>(
  _ items: [Item], limit: Int, _ body: @escaping @Sendable (Item) async throws(Failure) -> Result
) async throws(Failure) -> [Result] {
  let outcome: Swift.Result<[Result], Failure> = await withTaskGroup(of: Swift.Result<Result, Failure>.self) { group in
    var results: [Result] = []
    var rest = items[...]
    func startNext() {
      guard let item = rest.popFirst() else { return }
      group.addTask { () async -> Swift.Result<Result, Failure> in
        do throws(Failure) { return .success(try await body(item)) } catch { return .failure(error) }
      }
    }
    for _ in 0..<max(1, limit) { startNext() }
    while let next = await group.next() {
      switch next {
      case .success(let result):
        results.append(result)
        startNext()
      case .failure(let error):
        group.cancelAll()
        return .failure(error)
      }
    }
    return .success(results)
  }
  return try outcome.get()
}

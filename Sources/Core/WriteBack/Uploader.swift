import S3

/// Performs an upload: one PUT, one COPY, or the parts of a multipart upload side by side.
struct Uploader: Sendable {
  let store: any ObjectStore
  let journal: UploadJournal
  let limits: UploadLimits
  /// Parts under way at once.
  let parallelism: Int

  /// Throws what S3 gives; nothing has changed then, and no part is left behind if S3 can be reached.
  func run(
    _ job: UploadJob, condition: WriteCondition, reading content: FileContent
  ) async throws(S3Error) -> WriteResult {
    if !job.bytesChanged { return try await rewriteHeaders(job) }
    if let begun = job.begun { return try await complete(begun, job, condition, content) }
    if let source = job.wholeCopy, condition == .none { return try await copy(source, job) }
    let base = job.base.map { UploadPlan.Base(size: $0.reader.size, visible: $0.visible) }
    switch UploadPlan(
      size: job.size, local: job.changed, base: base, copied: job.copied.pieces.map(\.range), limits: limits)
    {
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
    let copy = ObjectCopy(
      store: store, journal: journal, source: job.reference, destination: job.reference, headers: job.headers,
      ifSourceMatch: job.base?.reader.etag)
    return try await copy.copyAsItIs(size: job.size)
  }

  private func copy(_ piece: CopiedRanges.Piece, _ job: UploadJob) async throws(S3Error) -> WriteResult {
    try await store.copyObject(
      from: piece.source.reference, to: job.reference, metadata: .replaceWithTags(job.headersWithTags),
      ifSourceMatch: piece.source.etag)
  }

  private func multipart(
    _ parts: [PlannedPart], _ job: UploadJob, _ condition: WriteCondition, _ content: FileContent
  ) async throws(S3Error) -> WriteResult {
    let upload = try await journal.begin(
      job.reference, properties: job.headersWithTags, copies: parts.contains { $0.isCopy }, in: store)
    let numbered = parts.enumerated().map { ($0.offset + 1, $0.element) }
    return try await complete(upload, sending: numbered, sent: [], job, condition, content)
  }

  /// Sends what is missing of an upload that began while the file was written.
  private func complete(
    _ begun: PartStream.Begun, _ job: UploadJob, _ condition: WriteCondition, _ content: FileContent
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
    return try await complete(begun.upload, sending: missing, sent: sent, job, condition, content)
  }

  private func complete(
    _ upload: MultipartUpload, sending parts: [(Int, PlannedPart)], sent: [UploadedPart], _ job: UploadJob,
    _ condition: WriteCondition, _ content: FileContent
  ) async throws(S3Error) -> WriteResult {
    do throws(S3Error) {
      let uploaded =
        sent
        + (try await concurrently(parts, limit: parallelism) { (part) async throws(S3Error) in
          try await self.send(part.1, number: part.0, of: upload, job, content)
        })
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
      guard let source = job.source(of: range) else {
        throw S3Error(.other, message: "nothing to copy from", operation: "UploadPartCopy \(job.reference)")
      }
      return try await store.uploadPartCopy(
        upload, number: number, from: source.reader.reference, range: source.range,
        ifSourceMatch: source.reader.etag)
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

import Logging
import S3
import Synchronization

// From unsaved bytes to an object.

extension Saving {
  /// Fixes the current state of a file, as a close does, and uploads it.
  func save(_ content: FileContent, condition: WriteCondition = .none) async throws(FileSystemError) {
    content.commit()
    try await upload(content, condition: condition)
  }

  /// Uploads the state that the last close fixed, if S3 does not have it. When it returns, every S3 client sees it.
  /// When it throws, the bytes are still here, readable and marked unsaved, and the upload is retried; the exception is
  /// stale: other clients changed the object since a close that S3 refused, and the local bytes are saved beside it.
  /// Cost: one PUT; one COPY when only headers changed; a multipart upload for large files, which copies the parts that
  /// did not change.
  func upload(_ content: FileContent, condition: WriteCondition = .none) async throws(FileSystemError) {
    guard content.with({ $0.closed != nil }) else { return }
    let failures = content.with { $0.uploads.failures }
    try await whereItStays(content) { () async throws(FileSystemError) in
      // Another attempt at the same state failed while this one waited: both report the same error.
      if let failure = content.with({
        $0.uploads.failures != failures && $0.uploads.failedAt == $0.closed?.generation ? $0.uploads.failure : nil
      }) {
        throw failure
      }
      if let beside = try await uploadExclusively(content, condition: condition) {
        throw FileSystemError(
          .stale, "it was changed by others before it could be saved; what was closed here is \(beside)")
      }
    }
  }

  /// Runs `body` with exclusive access to a file, when no directory above it is being moved: a file that was opened or
  /// created in one meanwhile has followed it by then.
  private func whereItStays(
    _ content: FileContent, _ body: () async throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    func path() -> ObjectPath { ObjectPath(content.with { $0.reference }) }
    var isDone = false
    while !isDone {
      await held.treeMoves.free([path()])
      try await content.exclusively { () async throws(FileSystemError) in
        // The move waits for the holder of the exclusive access.
        guard !held.treeMoves.isClaimed([path()]) else { return }
        try await body()
        isDone = true
      }
    }
  }

  /// Same, for a caller that already holds exclusive access. Uploads what was closed some time ago only if the object
  /// still is the version that it was based on. Else saves it beside that, as the next start would do, and returns the
  /// name.
  @discardableResult
  func uploadExclusively(
    _ content: FileContent, condition: WriteCondition = .none
  ) async throws(FileSystemError) -> ObjectReference? {
    guard condition == .none, isLate(content) else {
      try await upload(content, condition: condition, isLate: false)
      return nil
    }
    do throws(FileSystemError) {
      try await upload(content, condition: .none, isLate: true)
      return nil
    } catch {
      // If the object is gone, some servers report "not found" rather than "precondition failed". Without the bucket,
      // nothing can be saved beside it.
      guard error.code == .preconditionFailed || error.cause?.code == .noSuchKey else { throw error }
      return try await putBeside(content)
    }
  }

  /// Returns whether other clients may have changed the object since the close: S3 refused the state, or its upload was
  /// deferred. Then their version is not replaced.
  private func isLate(_ content: FileContent) -> Bool { isUnsaved(content) || held.pending.contains(content) }

  func upload(
    _ content: FileContent, condition: WriteCondition, isLate: Bool
  ) async throws(FileSystemError) {
    await takeHeaders(of: content)
    while let (state, reference) = content.with({ $0.beginUpload() }) {
      let condition = isLate ? content.with { $0.lateCondition } : condition
      // Without a handle the change cannot be seen any more once its failure was reported to the caller.
      let isKept = content.with { $0.handles > 0 } || isUnsaved(content) || held.pending.contains(content)
      do throws(FileSystemError) {
        try await removals.settleCopies(except: content) { $0 == reference }
        try await upload(state, of: reference, content, condition, isKept: isKept)
      } catch {
        if error.code == .preconditionFailed,
          content.with({ $0.closed?.bytes.copied.pieces.count }) != state.bytes.copied.pieces.count
        {
          // The source of a copy changed through this mount, after its bytes were fetched here.
          content.with { $0.retry() }
          continue
        }
        content.with { $0.failed(error, state.generation) }
        if isKept {
          await takeAll(into: content)
          await journal.journalFailed(content)
          keepUnsaved(content)
        }
        throw error
      }
    }
  }

  /// Updates the headers and tags that other clients may have given the object since it was opened: they are uploaded
  /// with its new bytes. Cost: one HEAD where they were not requested from S3 in this burst.
  private func takeHeaders(of content: FileContent) async {
    let version = content.with { state in
      state.closed?.bytesChanged == true ? state.etag.map { (state.reference, $0) } : nil
    }
    guard let (reference, etag) = version, let head = try? await knowledge.checkedHead(of: reference), head.etag == etag
    else {
      return
    }
    content.with { $0.takeOthersHeaders(head) }
  }

  private func upload(
    _ state: ClosedState, of reference: ObjectReference, _ content: FileContent, _ condition: WriteCondition,
    isKept: Bool
  ) async throws(FileSystemError) {
    var (job, headersDiffer) = await prepare(state, of: reference)
    let uploader = Uploader(
      store: store, journal: uploadJournal, limits: sending.limits, parallelism: sending.parallelism)
    let result: WriteResult
    do throws(S3Error) {
      result = try await journal.journalling(content, if: isKept) { () async throws(S3Error) in
        // A new version has only the tags that are sent with it; a copy keeps them.
        if job.state.bytesChanged { job.tags = try await store.tags(of: job.reference, counted: job.state.tagCount) }
        return try await uploader.run(job, condition: condition)
      }
    } catch { throw FileSystemError(error) }
    uploaded(content, job: job, result: result, headersDiffer: headersDiffer)
  }

  /// Returns the upload of a closed state, after operations in flight beside it have ended. Also returns whether its
  /// headers must be written once more afterwards.
  private func prepare(
    _ state: ClosedState, of reference: ObjectReference
  ) async -> (job: UploadJob, headersDiffer: Bool) {
    guard let stream = state.stream else { return (UploadJob(state, of: reference), false) }
    guard state.bytes.size > sending.limits.putThreshold, let begun = await stream.finish() else {
      stream.abandon()
      return (UploadJob(state, of: reference), false)
    }
    var state = state
    let differs = state.adoptHeaders(of: stream)
    var job = UploadJob(state, of: reference)
    (job.begun, job.headers) = (begun, stream.properties)
    return (job, differs)
  }

  /// Makes the uploaded state the new base of the file, and adds it to all caches.
  private func uploaded(_ content: FileContent, job: UploadJob, result: WriteResult, headersDiffer: Bool) {
    let now = time.wall()
    var head = ObjectHead(
      size: job.size, etag: result.etag, lastModified: result.lastModified ?? now, properties: job.headers,
      versionID: result.versionID,
      tagCount: job.state.bytesChanged ? job.headersWithTags.tags.count : job.state.tagCount)
    head.properties.tags = []
    let version = ContentCache.Version(reference: job.reference, etag: result.etag)
    if let small = job.wholeBytes { cache.insert(small, atStartOf: version) }
    if !job.state.bytesChanged, let old = job.bytes.base {
      cache.alias(.init(reference: job.reference, etag: old.reader.etag), as: version)
    }
    if let source = job.wholeCopy, job.state.bytesChanged {
      cache.alias(.init(reference: source.source.reference, etag: source.source.etag), as: version)
    }
    // Cached before the file is saved: a comparison of an open version with the caches must not find an older one.
    changes.apply(.wrote(head, at: job.reference, isListed: result.lastModified != nil))
    content.saved(
      .init(
        generation: job.state.generation, head: head, reader: contents.reader(of: job.reference, head: head),
        headers: headersDiffer ? job.state.posix : nil))
    journal.journalAgain(content)
    inodes.table.withLock { table in
      guard let node = table[.object(job.reference)], node.content === content else { return }
      // The kernel's pages have the bytes that were just uploaded.
      table.update(node.number) { $0.cachedVersion = result.etag }
    }
    if options.plain {
      let version = head.version(isStated: result.lastModified != nil)
      knowledge.attributesHere.withLock { $0.set(job.state.posix, of: job.reference, version) }
    }
    if content.with({ $0.closed == nil }) { held.unsaved.withLock { $0[ObjectIdentifier(content)] = nil } }
    let (location, segment) = job.reference.parent
    knowledge.directories.withLock { cache in
      if cache.local.name(segment, of: location) == .newFile { cache.setLocal(nil, segment, of: location) }
    }
  }

  // MARK: Failed uploads

  /// The files whose bytes S3 refused and that are kept here.
  public var unsavedFiles: [String] {
    held.unsaved.withLock { $0.values.map { $0.with { $0.reference.description } } }.sorted()
  }

  /// Returns these files, open renames and unlinked objects with details, by name. Cost: no request.
  public func unsavedUploads() -> [FailedUpload] {
    let files = held.unsaved.withLock { unsaved in
      unsaved.values.map { content in
        content.with { state in
          FailedUpload(
            path: ObjectPath(state.reference), size: state.size,
            reason: state.uploads.failure.map {
              state.isRecorded ? $0.message : $0.message + " (its bytes are in memory only)"
            }
          )
        }
      }
    }
    let open = journal.renames.all.map { intent in
      FailedUpload(
        path: ObjectPath(bucket: intent.header.newBucket, key: ObjectKey(intent.header.newPrefix)), size: 0,
        reason: "\(intent.what) was cut short: it is undone or completed as soon as S3 answers")
    }
    let unlinked = held.removing.unanswered.map { reference in
      FailedUpload(
        path: ObjectPath(reference), size: 0, reason: "unlinked, and deleted as soon as S3 answers")
    }
    return (files + open + unlinked).sorted { $0.path.description < $1.path.description }
  }

  private func isUnsaved(_ content: FileContent) -> Bool {
    held.unsaved.withLock { $0[ObjectIdentifier(content)] != nil }
  }

  private func keepUnsaved(_ content: FileContent) {
    held.unsaved.withLock { $0[ObjectIdentifier(content)] = content }
    retries.begin { [weak self] in await self?.retryUnsaved().isEmpty ?? true }
  }

  /// Retries the uploads that S3 refused. Returns the files that it still refuses.
  public func retryUnsaved() async -> [String] {
    await saveAll(held.unsaved.withLock { Array($0.values) })
    return unsavedFiles
  }

  /// Uploads files, a few in parallel: each that fails takes its time.
  func saveAll(_ contents: [FileContent]) async {
    await withTaskGroup(of: Void.self) { group in
      for (index, content) in contents.enumerated() {
        if index >= Self.parallelism { await group.next() }
        group.addTask {
          try? await self.upload(content)
          self.detach(content)
        }
      }
    }
  }

  /// Detaches contents from their inode, if they are not open and nothing of them is unsaved.
  /// - Parameter inode: nil: that of the name.
  func detach(_ content: FileContent, from inode: InodeNumber? = nil) {
    let place = Place.object(content.with { $0.reference })
    // In one step, or the file could be opened in between.
    let isUnused = inodes.table.withLock { table in
      guard content.with({ !$0.isDirty && $0.handles == 0 }) else { return false }
      if let number = inode ?? table[place]?.number {
        table.update(number) { node in
          if node.content === content { node.content = nil }
        }
      }
      return true
    }
    guard isUnused else { return }
    held.unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    content.discard()
  }

  /// Uploads what was closed, within `deadline`. Returns the files whose bytes could not be uploaded, or which are
  /// half written and not closed; these are in the spool, and the next start finds them.
  public func shutDown(deadline: Duration) async -> Unsaved {
    let open = inodes.table.withLock { $0.contents { _ in true } }
    let saving = Task {
      await self.held.removing.settle { _ in true }
      await self.saveAll(open)
      _ = await self.retryUnsaved()
      await self.sending.settled()
      await self.uploadJournal.abortLeft(in: self.store)
    }
    await saving.wait(atMost: deadline)
    saving.cancel()
    retries.cancel()
    journal.renames.stop()
    await knowledge.metadataLog?.written()
    await cache.kept?.finish()
    return await journal.spoolUnsaved()
  }
}

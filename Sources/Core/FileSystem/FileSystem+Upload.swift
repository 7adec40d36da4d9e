import S3
import Synchronization

// From unsaved bytes to an object.

extension FileSystem {
  /// Uploads what is unsaved of a file. When it returns, every S3 client sees it. When it throws, the bytes are still
  /// here, readable and marked unsaved, and are tried again.
  /// Cost: one PUT; one COPY when only headers changed; a multipart upload for large files, which copies the parts
  /// that did not change.
  func upload(_ content: FileContent, condition: WriteCondition = .none) async throws(FileSystemError) {
    guard content.with({ $0.isDirty }) else { return }
    let failures = content.with { $0.failures }
    try await content.exclusively { () async throws(FileSystemError) in
      // Another attempt at the same bytes failed while this one waited its turn: its answer is this one's, too.
      if let failure = content.with({ $0.failures != failures && $0.failedAt == $0.generation ? $0.failure : nil }) {
        throw failure
      }
      try await uploadExclusively(content, condition: condition)
    }
  }

  /// The same, by one who has the file exclusively.
  func uploadExclusively(
    _ content: FileContent, condition: WriteCondition = .none
  ) async throws(FileSystemError) {
    let reference = content.with { $0.reference }
    // Without a handle nobody can see the change any more once the caller was told that it failed.
    let isKept = content.with { $0.handles > 0 } || isUnsaved(content) || pending.contains(content)
    do throws(FileSystemError) {
      try await settleCopies(except: content) { $0 == reference }
    } catch {
      throw await failed(content, error, isKept: isKept)
    }
    let (job, headersDiffer) = await prepare(content)
    guard var job else { return }
    let uploader = Uploader(
      store: store, journal: uploadJournal, limits: sending.limits, parallelism: sending.parallelism)
    do throws(S3Error) {
      let result = try await journalling(content, if: isKept) { () async throws(S3Error) in
        // A new version has only the tags that come with it; a copy keeps them.
        if job.bytesChanged && job.tagCount > 0 { job.tags = try await tagsKept(of: job.reference) }
        return try await uploader.run(job, condition: condition, reading: content)
      }
      uploaded(content, job: job, result: result, headersDiffer: headersDiffer)
    } catch {
      if error.code == .preconditionFailed, content.with({ $0.copied.pieces.count }) != job.copied.pieces.count {
        // The object that was copied from changed through this mount, after its bytes were taken here.
        return try await uploadExclusively(content, condition: condition)
      }
      throw await failed(content, FileSystemError(error), isKept: isKept)
    }
    if headersDiffer { try await uploadExclusively(content) }
  }

  /// An upload has failed: what is unsaved is written down, and tried again. Returns what the caller is told.
  private func failed(
    _ content: FileContent, _ failure: FileSystemError, isKept: Bool
  ) async -> FileSystemError {
    content.with { state in
      state.failure = failure
      state.failures += 1
      state.failedAt = state.generation
    }
    if isKept {
      await journalFailed(content)
      keepUnsaved(content)
    }
    return failure
  }

  /// The state to be uploaded, when what goes on beside it has come to an end; nil if nothing is unsaved. Also whether
  /// its headers are to be written once more afterwards.
  private func prepare(_ content: FileContent) async -> (job: UploadJob?, headersDiffer: Bool) {
    let stream = content.with { state in
      defer { state.stream = nil }
      return state.stream
    }
    let fits = content.with { $0.isDirty && $0.size > sending.limits.putThreshold && $0.stream == nil }
    if !fits { stream?.abandon() }
    let begun = fits ? await stream?.finish() : nil
    return content.with { state in
      guard state.isDirty else { return (nil, false) }
      guard let stream, let begun else { return (UploadJob(state), false) }
      let differs = state.adoptHeaders(of: stream)
      var job = UploadJob(state)
      (job.begun, job.headers) = (begun, stream.properties)
      return (job, differs)
    }
  }

  /// The tags of the object that is about to be replaced; none if somebody has deleted it. Cost: one GET.
  func tagsKept(of reference: ObjectReference) async throws(S3Error) -> [Tag] {
    do throws(S3Error) { return try await store.tags(of: reference) } catch {
      guard error.code == .noSuchKey else { throw error }
      return []
    }
  }

  /// What was uploaded is the new base of the file, and known to all caches.
  private func uploaded(_ content: FileContent, job: UploadJob, result: WriteResult, headersDiffer: Bool) {
    let now = time.wall()
    var head = ObjectHead(
      size: job.size, etag: result.etag, lastModified: result.lastModified ?? now, properties: job.headers,
      versionID: result.versionID, tagCount: job.bytesChanged ? job.headersWithTags.tags.count : job.tagCount)
    head.properties.tags = []
    let version = ContentCache.Version(reference: job.reference, etag: result.etag)
    if let small = job.wholeBytes(of: content) { contents.insert(small, atStartOf: version) }
    if !job.bytesChanged, let old = job.base {
      contents.alias(.init(reference: job.reference, etag: old.reader.etag), as: version)
    }
    if let source = job.wholeCopy, job.bytesChanged {
      contents.alias(.init(reference: source.source.reference, etag: source.source.etag), as: version)
    }
    let reader = reader(of: job.reference, head: head)
    content.with { state in
      state.base = .init(reader: reader, visible: job.size)
      state.lastModified = head.lastModified
      state.versionID = result.versionID
      state.tagCount = head.tagCount
      if !headersDiffer { state.properties = head.properties }
      (state.bytesChanged, state.headersChanged, state.failure) = (false, headersDiffer, nil)
      (state.replaces, state.wholeCopy) = (nil, nil)
      state.changed.removeAll()
      state.copied.removeAll()
      state.local.spool?.removeRecord()
      (state.journaled, state.journaledDurably) = (nil, nil)
    }
    inodes.withLock { table in
      guard let node = table[.object(job.reference)], node.content === content else { return }
      // The kernel's pages are those that were just uploaded.
      table.update(node.number) { $0.cachedVersion = result.etag }
    }
    unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    wrote(head, at: job.reference, isListed: result.lastModified != nil)
    let (location, segment) = job.reference.parent
    directories.withLock { cache in
      if cache.local.name(segment, of: location) == .newFile { cache.local.set(nil, segment, of: location) }
    }
  }

  /// An object was written by us: all caches know it at once.
  func wrote(_ head: ObjectHead, at reference: ObjectReference, isListed: Bool) {
    remember(head, of: reference, isListed: isListed, writtenAt: time.now())
    directories.withLock { $0.note(ObjectFacts(head), at: reference, now: time.now()) }
    publish(ObjectFacts(head), at: reference)
  }

  /// An object was deleted by us.
  func deleted(_ reference: ObjectReference) {
    metadata.withLock { $0.forget(reference) }
    contents.kept?.forget(reference)
    directories.withLock { $0.note(nil, at: reference, now: time.now()) }
    publish(nil, at: reference)
  }

  // MARK: Failed uploads

  /// Files whose bytes S3 refused and that are kept here.
  public var unsavedFiles: [String] {
    unsaved.withLock { $0.values.map { $0.with { $0.reference.description } } }.sorted()
  }

  /// The same with what is known of them, by name. Cost: no request.
  public func unsavedUploads() -> [UnsavedUpload] {
    let files = unsaved.withLock { unsaved in
      unsaved.values.map { content in
        content.with { state in
          UnsavedUpload(
            path: ObjectPath(bucket: state.reference.bucket, key: state.reference.key), size: state.size,
            reason: state.failure?.message)
        }
      }
    }
    return files.sorted { $0.path.description < $1.path.description }
  }

  private func isUnsaved(_ content: FileContent) -> Bool {
    unsaved.withLock { $0[ObjectIdentifier(content)] != nil }
  }

  private func keepUnsaved(_ content: FileContent) {
    unsaved.withLock { $0[ObjectIdentifier(content)] = content }
    retries.withLock { running in
      guard running == nil else { return }
      running = Task { [weak self] in
        var delay = Duration.seconds(1)
        while !Task.isCancelled {
          try? await Task.sleep(for: delay)
          delay = min(delay * 2, .seconds(30))
          guard let self, await !self.retryUnsaved().isEmpty else { break }
        }
        self?.retries.withLock { $0 = nil }
      }
    }
  }

  /// Tries once more to upload what S3 refused. Returns what it still refuses.
  public func retryUnsaved() async -> [String] {
    await saveAll(unsaved.withLock { Array($0.values) })
    return unsavedFiles
  }

  /// Tries to upload files, a few side by side: each that fails takes its time.
  private func saveAll(_ contents: [FileContent]) async {
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

  /// The inode lets go of contents, if nobody has them open and nothing is unsaved of them.
  /// - Parameter inode: nil: that of the name.
  func detach(_ content: FileContent, from inode: InodeNumber? = nil) {
    let place = Place.object(content.with { $0.reference })
    // One step, or somebody could open the file in between.
    let isUnused = inodes.withLock { table in
      guard content.with({ !$0.isDirty && $0.handles == 0 }) else { return false }
      if let number = inode ?? table[place]?.number {
        table.update(number) { node in
          if node.content === content { node.content = nil }
          node.olderContents.removeAll { $0 === content }
        }
      }
      return true
    }
    guard isUnused else { return }
    unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    content.with { $0.discard() }
  }

  /// Uploads what is unsaved, within `deadline`. Returns the names of files whose bytes could not be uploaded; these
  /// are in the spool, and the next start finds them.
  public func shutDown(deadline: Duration) async -> [String] {
    let open = inodes.withLock { $0.contents { _ in true } }
    let saving = Task {
      await self.saveAll(open)
      _ = await self.retryUnsaved()
      await self.sending.settled()
    }
    await saving.wait(atMost: deadline)
    saving.cancel()
    retries.withLock { $0?.cancel() }
    await metadataLog?.written()
    await contents.kept?.finish()
    return await spoolUnsaved()
  }
}

import Logging
import S3
import Synchronization

// Copying, moving and deleting everything below a directory.

extension Moves {
  /// Renames a bucket. S3 cannot do that: a new one is created, everything is moved there by the server, and the old
  /// one deleted.
  func renameBucket(_ name: String, to newName: String, flags: RenameFlags) async throws(FileSystemError) {
    try names.requireWholeBuckets("renamed")
    let known = try await knowledge.knownBuckets().map(\.name)
    guard known.contains(name) else { throw .gone(name) }
    let (source, destination) = (DirectoryLocation(bucket: name), DirectoryLocation(bucket: newName))
    let isMade = !known.contains(newName)
    if isMade {
      try await names.createBucket(newName)
    } else {
      guard !flags.contains(.noReplace) else { throw FileSystemError(.alreadyExists, "\(newName) exists") }
      guard name != newName else { return }
      try await removals.requireEmpty(destination)
    }
    do throws(FileSystemError) { try await moveTree(source, to: destination) } catch {
      // Not empty where the copies are still there: then `status` lists it.
      if isMade { try? await names.deleteBucket(newName) }
      throw error
    }
    knowledge.attributesHere.withLock { $0.set($0[.directory(source)], of: .directory(destination)) }
    try await names.deleteBucket(name)
  }

  /// Moves everything below a directory. Nothing is deleted before everything is copied. The intent is on disk first,
  /// so that a rename killed half-way is undone or completed by the next start.
  ///
  /// It is not part of the caller's task: a caller that is killed stops the copying, and waits until the copies are
  /// removed. A rename that cannot be undone or completed at once, because S3 does not answer, is settled as soon as it
  /// does.
  /// - Parameter existing: the keys that are below the destination already.
  /// - Returns: the state of what was moved, at the destination.
  @discardableResult
  func moveTree(
    _ source: DirectoryLocation, to destination: DirectoryLocation, replacing existing: Set<ObjectKey> = []
  ) async throws(FileSystemError) -> TreeState {
    // An interrupted rename of the same directory is settled first.
    await journal.renames.settled(below: source, or: destination)
    let isInterrupted = Flag()
    let moving = Task { () -> Result<TreeState, FileSystemError> in
      do throws(FileSystemError) {
        return .success(
          try await self.moveTree(source, to: destination, replacing: existing, unless: isInterrupted))
      } catch { return .failure(error) }
    }
    return try await withTaskCancellationHandler {
      await moving.value
    } onCancel: {
      isInterrupted.set()
    }.get()
  }

  private func moveTree(
    _ source: DirectoryLocation, to destination: DirectoryLocation, replacing existing: Set<ObjectKey>,
    unless isInterrupted: Flag
  ) async throws(FileSystemError) -> TreeState {
    let made = CopiedKeys()
    await saving.settlePending { source.contains($0.parent.location) || destination.contains($0.parent.location) }
    try await held.treeMoves.claim([ObjectPath(source), ObjectPath(destination)]) { (_) async throws(FileSystemError) in
      let open = held.heldFiles { source.contains($0.parent.location) || destination.contains($0.parent.location) }
      // An upload in flight would end at a name that is gone.
      try await FileContent.exclusively(open) { () async throws(FileSystemError) in
        try await moveTree(source, to: destination, replacing: existing, open, made, unless: isInterrupted)
      }
      await moveLateComers(of: source, to: destination, made)
    }
    return made.state
  }

  private func moveTree(
    _ source: DirectoryLocation, to destination: DirectoryLocation, replacing existing: Set<ObjectKey>,
    _ held: [FileContent], _ made: CopiedKeys, unless isInterrupted: Flag
  ) async throws(FileSystemError) {
    let open = held.filter { source.contains($0.with { $0.reference }.parent.location) }
    for content in open where content.with({ $0.bytes.base != nil }) { try await saving.uploadExclusively(content) }
    var objects = try await knowledge.objects(below: source)
    // Another rename may have been faster.
    guard !objects.isEmpty || knowledge.directories.withLock({ $0.local.keeps(source) }) else {
      throw .notFound(ObjectPath(source))
    }
    let times = knowledge.directories.withLock { $0.times.moved(from: source, to: destination) }
    let intent = await journal.intend(moving: objects, from: source, to: destination, replacing: existing)
    do throws(FileSystemError) {
      try await copy(objects, from: source, to: destination, replacing: existing, made, unless: isInterrupted)
      objects += try await copyChanged(
        since: objects, from: source, to: destination, replacing: existing, made, intent, unless: isInterrupted)
    } catch {
      if made.keys.isEmpty { intent?.end() } else if let intent { settleLater(intent) }
      throw error
    }
    let copied = objects
    try await self.held.leaving.claim([ObjectPath(source)]) { (_) async throws(FileSystemError) in
      do throws(FileSystemError) {
        await journal.willDelete(intent)
        try await deleteCopied(copied, below: source)
      } catch {
        if let intent { settleLater(intent) }
        throw error
      }
      take(source, as: destination, open, made, times: times, isEmpty: copied.isEmpty)
    }
    intent?.end()
  }

  /// Moves the directory to its new name in all tables.
  private func take(
    _ source: DirectoryLocation, as destination: DirectoryLocation, _ open: [FileContent], _ made: CopiedKeys,
    times: [Place: Timestamp], isEmpty: Bool
  ) {
    for content in open { follow(content, from: source, to: destination, made) }
    inodes.table.withLock { $0.moveTree(source, to: destination) }
    changes.apply(.movedTree(source, to: destination, times: times, isEmpty: isEmpty))
  }

  /// Copies what other clients wrote to the source while it was copied: what is deleted next must be at the
  /// destination. Returns it. Cost: one LIST per 1,000 objects.
  private func copyChanged(
    since objects: [ObjectSummary], from source: DirectoryLocation, to destination: DirectoryLocation,
    replacing existing: Set<ObjectKey>, _ made: CopiedKeys, _ intent: RenameIntent?, unless isInterrupted: Flag
  ) async throws(FileSystemError) -> [ObjectSummary] {
    guard !objects.isEmpty else { return [] }
    var later: [ObjectSummary] = []
    var known = Dictionary(objects.map { ($0.key, $0) }) { first, _ in first }
    for _ in 0..<Contents.mostTries {
      let changed = try await self.knowledge.objects(below: source).filter { object in
        known[object.key].map { $0.etag != object.etag || $0.lastModified != object.lastModified } ?? true
      }
      guard !changed.isEmpty else { return later }
      await journal.note(changed, in: intent, replacing: existing)
      try await copy(
        changed, from: source, to: destination, replacing: existing.union(made.keys), made,
        unless: isInterrupted)
      for object in changed { known[object.key] = object }
      later += changed
    }
    throw FileSystemError(.stale, "what is in \(source.prefix) changes all the time")
  }

  /// Moves files that were opened or created below a directory while it was moved. They are not in S3 there: no upload
  /// of one begins meanwhile.
  private func moveLateComers(
    of source: DirectoryLocation, to destination: DirectoryLocation, _ made: CopiedKeys
  ) async {
    for file in held.heldFiles(where: { destination.contains($0.parent.location) }) {
      try? await file.exclusively { () async throws(FileSystemError) in
        guard source.contains(file.with { $0.reference.parent.location }) else { return }
        follow(file, from: source, to: destination, made)
      }
    }
  }

  /// Makes an open file follow its object. Its version is the copy's from now on.
  private func follow(
    _ content: FileContent, from source: DirectoryLocation, to destination: DirectoryLocation, _ made: CopiedKeys
  ) {
    let reference = content.with { $0.reference }.moved(from: source, to: destination)
    content.with { state in
      state.move(to: reference)
      rebase(&state, to: reference) { etag in
        made.etag(of: reference.key, from: etag).flatMap { $0 == etag ? nil : $0 }
      }
    }
    journal.journalAgain(content)
  }

  /// Copies everything below a directory. When a copy fails, those made are deleted again. Returns the state of the
  /// copies.
  func copyTree(
    _ source: DirectoryLocation, to destination: DirectoryLocation
  ) async throws(FileSystemError) -> TreeState {
    let made = CopiedKeys()
    let objects = try await knowledge.objects(below: source)
    let existing = Set(try await self.knowledge.objects(below: destination).map(\.key))
    try await copy(objects, from: source, to: destination, replacing: existing, made)
    return made.state
  }

  /// Copies objects. `made` holds the copies that exist, even after a failure: none, if S3 could be reached.
  private func copy(
    _ objects: [ObjectSummary], from source: DirectoryLocation, to destination: DirectoryLocation,
    replacing existing: Set<ObjectKey>, _ made: CopiedKeys, unless isInterrupted: Flag = Flag()
  ) async throws(FileSystemError) {
    do throws(FileSystemError) {
      try await removals.settleCopies { $0.bucket == destination.bucket && $0.key.hasPrefix(destination.prefix) }
      guard
        objects.allSatisfy({
          $0.key.length - source.prefix.length + destination.prefix.length <= ObjectKey.maximumLength
        })
      else { throw FileSystemError(.nameTooLong, "a key below would be longer than the 1,024 bytes that S3 allows") }
      // A copy in flight completes at the server in any case: wait for it, or it would come after the undo.
      try await concurrentlyToTheEnd(objects, limit: Self.parallelism) { (object) async throws(FileSystemError) in
        guard !isInterrupted.isSet, !Task.isCancelled else {
          throw FileSystemError(.interrupted, "the copying of \(source.prefix) was interrupted")
        }
        let from = ObjectReference(bucket: source.bucket, key: object.key)
        let to = from.moved(from: source, to: destination)
        // Noted first: a copy whose answer is lost may have been made.
        if !existing.contains(to.key) { made.add(to.key) }
        let known = self.knowledge.metadata.withLock { $0.head(of: from, matching: ObjectFacts(object)) }
        let copied = try await mappingErrors { () async throws(S3Error) in
          var copy = ObjectCopy(store: self.store, journal: self.uploadJournal, source: from, destination: to)
          (copy.storageClass, copy.known) = (object.storageClass, known?.properties)
          return try await copy.run(size: object.size, expected: object.etag)
        }
        made.made(to.key, of: copied.source, copied.result.etag)
        self.inodes.keepAttributesHere(of: from, asThoseOf: to, copied)
        if copied.isExpected { self.rememberCopy(of: object, from: from, to: to, result: copied.result) }
      }
    } catch {
      let undone = made.keys
      if !undone.isEmpty {
        // Not in a task that may be cancelled: then nothing would be undone.
        let undo = Task { (try? await self.deletePatiently(undone, in: destination.bucket)) != nil }
        if await undo.value { made.clear() }
      }
      throw error
    }
    changes.apply(.copiedTree(destination))
  }

  private func rememberCopy(
    of object: ObjectSummary, from source: ObjectReference, to destination: ObjectReference, result: WriteResult
  ) {
    cache.alias(
      .init(reference: source, etag: object.etag), as: .init(reference: destination, etag: result.etag))
    guard var head = knowledge.metadata.withLock({ $0.head(of: source, matching: ObjectFacts(object)) }) else { return }
    (head.etag, head.versionID) = (result.etag, result.versionID)
    head.lastModified = result.lastModified ?? head.lastModified
    knowledge.remember(head, of: destination, isListed: result.lastModified != nil)
  }

  /// Deletes what was renamed. Answers may be lost: an object that is gone counts as deleted.
  private func deleteCopied(
    _ objects: [ObjectSummary], below source: DirectoryLocation
  ) async throws(FileSystemError) {
    do throws(FileSystemError) { try await deletePatiently(objects.map(\.key), in: source.bucket) } catch {
      guard let left = try? await self.knowledge.objects(below: source).map(\.key),
        Set(left).isDisjoint(with: objects.map(\.key))
      else { throw error }
      for object in objects { changes.apply(.deleted(ObjectReference(bucket: source.bucket, key: object.key))) }
    }
  }

  /// Same, where a partial deletion would leave a rename open: retries before it fails.
  private func deletePatiently(_ keys: [ObjectKey], in bucket: String) async throws(FileSystemError) {
    for pause in [Duration.milliseconds(100), .milliseconds(500)] {
      do throws(FileSystemError) { return try await removals.deleteObjects(keys, in: bucket) } catch {
        log.debug("deleting again: \(error.message)")
      }
      try? await Task.sleep(for: pause)
    }
    try await removals.deleteObjects(keys, in: bucket)
  }
}

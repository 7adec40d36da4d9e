import Logging
import S3
import Synchronization

// Uploads of what was closed some time ago, because S3 refused it or with --write-back: other clients may have changed
// the name since, and their version is newer.

extension Saving {
  /// Runs a change by key of the names of files, while no upload of them runs. A state that was closed before is older
  /// than the change, and is discarded when that has succeeded; a state that is closed meanwhile is newer.
  func replacing<Result>(
    _ files: [FileContent], _ change: () async throws(FileSystemError) -> Result
  ) async throws(FileSystemError) -> Result {
    try await FileContent.exclusively(files) { () async throws(FileSystemError) in
      let before = files.map { file in file.with { $0.closed?.generation } }
      let result = try await change()
      for (file, generation) in zip(files, before)
      where generation != nil && file.with({ $0.closed?.generation }) == generation {
        giveUp(file)
      }
      return result
    }
  }

  /// Discards a closed state because something newer has its name: it is not saved any more. Open handles keep the
  /// bytes; what was written through them since is saved by the next close.
  func giveUp(_ content: FileContent) {
    if content.with({ $0.handles > 0 && $0.isOpenlyChanged }) {
      content.dropClosed()
      held.unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    } else {
      content.unlink()
      removals.unlinked(content.with { $0.reference }, content)
    }
  }

  /// Saves a closed state under a name beside the object, which other clients changed or deleted since the close.
  /// Returns that name; nil: the object was an earlier state of the file, and now is this one, or nothing was left to
  /// save. Throws what `upload` throws; preconditionFailed where bytes are missing that only the replaced version had.
  func putBeside(_ content: FileContent) async throws(FileSystemError) -> ObjectReference? {
    let reference = content.with { $0.reference }
    let head = try await knowledge.currentHead(of: reference)
    if let head, content.with({ $0.uploads.sent(head) }) {
      // It is an earlier state of this file: the answer was lost.
      try await upload(content, condition: .ifMatch(head.etag), isLate: false)
      return nil
    }
    // If the object is gone, it must be for another reason than that its bucket is gone.
    if head == nil { try await knowledge.requireBucket(reference.bucket, freshness: .now) }
    guard content.with({ $0.closed?.bytesChanged == true }) else {
      giveUp(content)
      return nil
    }
    await journal.journalFailed(content)
    guard let (record, file) = content.writtenDown(at: time.wall()) else { return nil }
    let copied = content.with { $0.closed?.bytes.copied } ?? CopiedRanges()
    let beside = try await recoverBeside(record, bytes: file, copied: copied, force: false)
    log.warning(
      "\(reference) was changed by others before it could be saved: theirs is kept, and what was closed here is \(beside)"
    )
    giveUp(content)
    changes.announce(ObjectPath(reference))
    return beside
  }

  /// Deletes the object at the name of an unsaved file, if it is an earlier state of it, or one that it replaces: what
  /// other clients made since stays. Cost: one HEAD, and one DELETE (see `deleteObject(_:ifStill:)`).
  func deleteObject(_ reference: ObjectReference, of content: FileContent) async throws(FileSystemError) {
    guard let head = try await knowledge.currentHead(of: reference) else { return }
    if content.with({ $0.replaces == head.etag || $0.uploads.sent(head) }) {
      _ = try await removals.deleteObject(reference, ifStill: head.etag)
    }
  }

  /// Fetches the bytes of a refused state that only S3 has, as far as it returns them: it may lose them at any time.
  func takeAll(into content: FileContent) async {
    for piece in content.with({ $0.copiedPieces }) { try? await removals.take(piece, into: content) }
    guard let gaps = content.with({ $0.closed?.gaps }),
      gaps.reduce(0, { $0 + $1.count }) <= options.uploadLimits.backlog
    else { return }
    try? await content.fetch(gaps, of: .closed)
  }
}

extension OpenFile {
  /// The condition on the current object for a late upload of the closed state.
  var lateCondition: WriteCondition {
    guard let closed else { return .none }
    // Headers alone are a COPY of the version that they belong to.
    guard closed.bytesChanged else { return .none }
    return (closed.bytes.base?.reader.etag ?? replaces).map { .ifMatch($0) } ?? .ifAbsent
  }
}

import Logging
import S3
import Synchronization

// Uploads of what was closed some time ago, because S3 refused it or with --write-back: others may have changed the name
// since, and theirs is newer.

extension Saving {
  /// Runs a change by key of what stands at the names of files: no upload of them goes on beside it. What was closed
  /// before is older than the change, and is given up when that has succeeded; what is closed meanwhile is newer.
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

  /// Something newer stands at the name of a closed state: it is saved no more. Who has the file open keeps the bytes;
  /// what was written to it since is saved by the next close.
  func giveUp(_ content: FileContent) {
    if content.with({ $0.handles > 0 && $0.isOpenlyChanged }) {
      content.dropClosed()
      held.unsaved.withLock { $0[ObjectIdentifier(content)] = nil }
    } else {
      content.unlink()
      removals.unlinked(content.with { $0.reference }, content)
    }
  }

  /// Puts a closed state beside the object, which others changed or deleted since the close. Returns where it is; nil:
  /// the object was an earlier state of the file, and now is this one, or nothing was left to save. Throws what `upload`
  /// throws; preconditionFailed where bytes are lacking that only the replaced version had.
  func putBeside(_ content: FileContent) async throws(FileSystemError) -> ObjectReference? {
    let reference = content.with { $0.reference }
    let head = try await knowledge.currentHead(of: reference)
    if let head, content.with({ $0.uploads.sent(head) }) {
      // It is an earlier state of this file: the answer was lost.
      try await upload(content, condition: .ifMatch(head.etag), isLate: false)
      return nil
    }
    // The object must be there, or gone, for another reason than that its bucket is.
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

  /// Deletes the object at the name of a file that is not saved, if it is an earlier state of it, or one that it replaces:
  /// what others made since stays. Cost: one HEAD, and one DELETE (see `deleteObject(_:ifStill:)`).
  func deleteObject(_ reference: ObjectReference, of content: FileContent) async throws(FileSystemError) {
    guard let head = try await knowledge.currentHead(of: reference) else { return }
    if content.with({ $0.replaces == head.etag || $0.uploads.sent(head) }) {
      _ = try await removals.deleteObject(reference, ifStill: head.etag)
    }
  }

  /// Takes bytes that only S3 has of a state that it refused, as far as it gives them: nobody knows how long it has them.
  func takeAll(into content: FileContent) async {
    for piece in content.with({ $0.copiedPieces }) { try? await removals.take(piece, into: content) }
    guard let gaps = content.with({ $0.closed?.gaps }),
      gaps.reduce(0, { $0 + $1.count }) <= options.uploadLimits.backlog
    else { return }
    try? await content.fetch(gaps, of: .closed)
  }
}

extension OpenFile {
  /// What must still stand at the name for a late upload of the closed state.
  var lateCondition: WriteCondition {
    guard let closed else { return .none }
    // Headers alone are a COPY of the version that they belong to.
    guard closed.bytesChanged else { return .none }
    return (closed.bytes.base?.reader.etag ?? replaces).map { .ifMatch($0) } ?? .ifAbsent
  }
}

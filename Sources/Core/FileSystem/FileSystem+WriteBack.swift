import S3
import Synchronization

// `--write-back`: close(2) returns when the bytes are in the spool (docs/decisions/0027-write-back.md).

extension FileSystem {
  /// Leaves the upload of a closed file to later, after its bytes and their record are written down. False: it must be
  /// uploaded now, because later is not wanted, or not possible, or the last upload failed, which the caller is told.
  func savesLater(_ content: FileContent) -> Bool {
    guard options.writeBack, content.with({ $0.isDirty && $0.failure == nil }) else { return false }
    do throws(FileSystemError) {
      if content.with({ $0.journaled != $0.generation || $0.headersChanged }) {
        try content.journal(at: time.wall(), durably: false)
      }
    } catch { return false }
    return pending.add(content) { [weak self] content in
      guard let self else { return }
      try? await self.upload(content)
      self.detach(content)
    }
  }

  /// Waits until what was closed is in S3, for one who asks S3 about it.
  func settlePending(_ isChosen: (ObjectReference) -> Bool) async {
    guard !pending.isEmpty else { return }
    await pending.settle { content in isChosen(content.with { $0.reference }) }
  }

  /// The same of what stands at a path or below it.
  func settlePending(at path: ObjectPath) async {
    guard !pending.isEmpty else { return }
    let below = path.asDirectory.key
    await settlePending { reference in
      path.isRoot
        || reference.bucket == path.bucket
          && (path.isBucket || reference.key == path.key || reference.key.hasPrefix(below))
    }
  }

  /// fsync(2) of a directory: waits until all that was closed is in S3. Throws why something is not. Cost: none
  /// without `--write-back`.
  public func synchronizeAll() async throws(FileSystemError) {
    await settlePending { _ in true }
    let failure = unsaved.withLock { $0.values.lazy.compactMap { $0.with { $0.failure } }.first }
    if options.writeBack, let failure { throw failure }
  }
}

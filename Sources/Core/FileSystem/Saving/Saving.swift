import S3
import Synchronization

/// Turns unsaved bytes into objects: at a close, later (`--write-back`, refused uploads), or by the next start.
public final class Saving: FileSystemPart {
  let knowledge: Knowledge
  let inodes: Inodes
  let contents: Contents
  let changes: Changes
  let held: HeldFiles
  let journal: Journal
  let removals: Removals
  var common: Common { knowledge.common }
  let retries = Retries()

  init(_ contents: Contents, _ removals: Removals) {
    (self.contents, self.removals) = (contents, removals)
    (knowledge, inodes, changes) = (removals.knowledge, removals.inodes, removals.changes)
    (held, journal) = (removals.held, removals.journal)
  }
}

/// A part that changes what is in S3, over `Saving` and what that is built from.
protocol ChangingPart: FileSystemPart {
  var saving: Saving { get }
}

extension ChangingPart {
  var common: Common { saving.common }
  var knowledge: Knowledge { saving.knowledge }
  var inodes: Inodes { saving.inodes }
  var contents: Contents { saving.contents }
  var changes: Changes { saving.changes }
  var held: HeldFiles { saving.held }
  var removals: Removals { saving.removals }
}

extension Saving {
  /// Fixes the current state of a file, as a close does. Returns whether its upload is deferred; false: it is due now.
  func closeForLater(_ content: FileContent) -> Bool {
    if options.writeBack { content.keepSmallBase() }
    content.commit()
    return deferUpload(content)
  }

  /// Defers the upload of a closed state, after its bytes and their record are on disk. Returns false if it must be
  /// uploaded now, because deferring is not enabled, or not possible, or the last upload failed, which the caller must
  /// learn.
  func deferUpload(_ content: FileContent) -> Bool {
    guard options.writeBack, content.with({ $0.closed != nil && $0.uploads.failure == nil }) else { return false }
    // Bytes that only S3 has may be gone when it is uploaded.
    guard content.with({ $0.closed?.gaps.isEmpty == true }) else { return false }
    do throws(FileSystemError) { try content.journal(at: time.wall(), durably: false) } catch { return false }
    return held.pending.add(content) { [weak self] content in
      guard let self else { return }
      try? await self.upload(content)
      self.detach(content)
    }
  }

  /// Waits until what was closed is in S3, and what was unlinked is not, for a caller that is about to query S3.
  func settlePending(_ isChosen: (ObjectReference) -> Bool) async {
    if !held.removing.isEmpty { await held.removing.settle(isChosen) }
    guard !held.pending.isEmpty else { return }
    await held.pending.settle { content in isChosen(content.with { $0.reference }) }
  }

  /// Same, for everything at a path or below it.
  func settlePending(at path: ObjectPath) async { await settlePending(path.isOrHolds) }

  /// Serves fsync(2) of a directory: waits until everything that was closed is in S3, and what was unlinked is not.
  /// Throws the reason if something is not done. Cost: none without `--write-back`.
  public func synchronizeAll() async throws(FileSystemError) {
    await settlePending { _ in true }
    if let left = held.removing.references.first { throw .notDeletedYet(left) }
    let failure = held.unsaved.withLock { $0.values.lazy.compactMap { $0.with { $0.uploads.failure } }.first }
    if options.writeBack, let failure { throw failure }
  }
}

extension Saving {
  /// Creates a scratch file. Throws noSpace, ioFailure.
  public func makeScratchFile() throws(FileSystemError) -> ScratchFile { ScratchFile(try spool.makeFile()) }
}

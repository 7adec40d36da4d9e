import Logging
import S3
import Synchronization

/// The records in the spool that are written before and while S3 is changed, so that the next start finds them.
public final class Journal: FileSystemPart {
  let knowledge: Knowledge
  let held: HeldFiles
  var common: Common { knowledge.common }
  /// How long an upload of a small file may take before its bytes are written to disk meanwhile.
  let slowUploads = Watchdog(limit: .seconds(1))
  /// Renames of directories that are still to be undone or completed.
  let renames = OpenRenames()

  init(_ knowledge: Knowledge, _ held: HeldFiles) {
    self.knowledge = knowledge
    self.held = held
  }
}

/// The names of the files that S3 does not have when a process ends, or still has. What is needed is in the spool.
public struct Unsaved: Hashable, Sendable {
  /// Those that were closed: the next start saves them under their names.
  public var closed: [String] = []
  /// Those that a program had not closed yet: the next start puts what was written beside their names.
  public var stillOpen: [String] = []
  /// Those that were unlinked and that S3 still has (`--write-back`): the next start deletes them.
  public var unlinked: [String] = []

  public var isEmpty: Bool { closed.isEmpty && stillOpen.isEmpty && unlinked.isEmpty }
}

extension Journal {
  /// Runs an upload. Bytes that are in the spool anyway get their record first; those in memory are written to disk
  /// when the upload turns out to be slow.
  func journalling<Result>(
    _ content: FileContent, if isKept: Bool, _ upload: () async throws(S3Error) -> Result
  ) async throws(S3Error) -> Result {
    guard isKept else { return try await upload() }
    if content.with({ $0.closed?.bytes.local.spool != nil }) { note(content) }
    return try await slowUploads.watch(
      ifSlow: { [weak self] in self?.note(content) }, upload)
  }

  /// Records a file. The record survives the process, not the machine: quick.
  private func note(_ content: FileContent) {
    do throws(FileSystemError) { try content.journal(at: time.wall(), durably: false) } catch {
      log.debug("not journaled: \(error)")
    }
  }

  /// Records a failed upload: its bytes are on disk before the error is reported.
  func journalFailed(_ content: FileContent) async {
    do throws(FileSystemError) {
      try await spool.perform { [time] () throws(FileSystemError) in
        try content.journal(at: time.wall(), durably: true)
      }
    } catch {
      let name = content.with { $0.reference.description }
      log.warning("the unsaved bytes of \(name) are in memory only: \(error.message)")
    }
  }

  /// Rewrites the record of a file that has another name or base now, if it has a record.
  func journalAgain(_ content: FileContent) {
    let isRecorded = content.with { file in
      file.record.outdate()
      return file.record.file != nil && file.closed != nil
    }
    if isRecorded { note(content) }
  }

  // MARK: At the end

  /// Writes everything unsaved to disk. Returns what that is.
  func spoolUnsaved() async -> Unsaved {
    let left = held.dirtyContents
    for content in left {
      content.commitAtEnd()
      await journalFailed(content)
    }
    spool.end()
    var unsaved = Unsaved()
    for content in left {
      let (name, isHalfWritten) = content.with { ($0.reference.description, $0.closed?.isHalfWritten ?? false) }
      if isHalfWritten { unsaved.stillOpen.append(name) } else { unsaved.closed.append(name) }
    }
    unsaved.unlinked = held.removing.references.map(\.description).sorted()
    unsaved.closed.sort()
    unsaved.stillOpen.sort()
    return unsaved
  }

  /// Same, immediately, for a process that is about to exit: blocks.
  public func spoolUnsavedNow() {
    for content in held.dirtyContents {
      content.commitAtEnd()
      try? content.journal(at: time.wall(), durably: true)
    }
    spool.end()
  }

  // MARK: Renames

  /// Records a rename before it begins. One that cannot be recorded is done all the same: nothing is lost by it, a
  /// killed one only leaves copies.
  func intend(
    moving objects: [ObjectSummary], from source: DirectoryLocation, to destination: DirectoryLocation,
    replacing existing: Set<ObjectKey>
  ) async -> RenameIntent? {
    guard !objects.isEmpty else { return nil }
    do throws(FileSystemError) {
      return try await spool.perform { [spool, time] () throws(FileSystemError) in
        try RenameIntent(
          moving: objects, from: source, to: destination, replacing: existing, at: time.wall(),
          in: try spool.session())
      }
    } catch {
      log.warning("a rename goes without a journal: \(error.message)")
      return nil
    }
  }

  /// Same, for one object. Also nil if nothing is known of it.
  func intend(
    moving source: ObjectReference, to destination: ObjectReference
  ) async -> RenameIntent? {
    // If that is stale, nothing is deleted that should not be.
    let facts = knowledge.directories.withLock { $0.lastKnown(objectAt: source) }
    guard let facts else { return nil }
    let replaces = knowledge.isKnown(objectAt: destination) ?? true
    do throws(FileSystemError) {
      return try await spool.perform { [spool, time] () throws(FileSystemError) in
        try RenameIntent(
          moving: source, facts, to: destination, replaces: replaces, at: time.wall(), sequence: spool.nextSequence(),
          in: try spool.session())
      }
    } catch {
      log.warning("a rename goes without a journal: \(error.message)")
      return nil
    }
  }

  /// Records that a rename moves more objects. If that fails, they keep both names when it is interrupted.
  func note(_ objects: [ObjectSummary], in intent: RenameIntent?, replacing existing: Set<ObjectKey>) async {
    guard let intent else { return }
    do throws(FileSystemError) {
      try await spool.perform { () throws(FileSystemError) in try intent.add(objects, replacing: existing) }
    } catch {
      log.warning("a rename goes on without its journal: \(error.message)")
    }
  }

  /// Records that everything is copied: a rename that dies from now on is completed. If this cannot be recorded, it is
  /// undone as far as its source still exists, and nothing is lost either.
  func willDelete(_ intent: RenameIntent?) async {
    guard let intent else { return }
    do throws(FileSystemError) {
      try await spool.perform { () throws(FileSystemError) in try intent.willDelete() }
    } catch {
      log.warning("a rename goes on without its journal: \(error.message)")
    }
  }
}

public import Logging
import S3
import Synchronization

/// Takes over what dead processes left behind for this endpoint: their sessions are ours until this is released.
///
/// First `settle`, before any request is served; then `uploadFiles`, while everything is already served: it replaces an
/// object only if that still is the version that the unsaved bytes belong to.
public final class Recovery: Sendable {
  private let fileSystem: FileSystem
  private let sessions: [SpoolSession]
  private let log: Logger
  private static let atOnce = 8

  /// Takes over the dead sessions of the file system's endpoint.
  public init(_ fileSystem: FileSystem, log: Logger) {
    self.fileSystem = fileSystem
    self.log = log
    let endpoint = fileSystem.spool.endpoint.withLock { $0 }
    sessions = fileSystem.spool.adoptDead().filter { session in
      if session.owner.endpoint == endpoint { return true }
      // The session of another endpoint, or of a process that died before it recorded one.
      session.removeIfEmpty()
      if session.owner == .unknown, !session.paths(endingIn: SpoolRecord.suffix).isEmpty {
        log.warning("\(session.path) holds unsaved files and does not say of which endpoint: left as it is")
      }
      return false
    }
  }

  public var isEmpty: Bool { sessions.isEmpty }

  /// Does the deletions that were answered, undoes or completes renames of directories, and aborts multipart uploads.
  public func settle() async {
    for session in sessions {
      for path in session.paths(endingIn: RemovalRecord.suffix) { await deleteUnlinked(path) }
      for path in session.paths(endingIn: RenameIntent.suffix) { await settleRename(path, of: session) }
      await abortUploads(of: session)
    }
  }

  /// Uploads what is unsaved. Returns how many files could not be uploaded.
  /// - Parameter force: also files whose base version is gone and that are not complete here: zeros replace the missing
  ///   bytes.
  public func uploadFiles(force: Bool = false) async -> Int {
    var left = 0
    for session in sessions {
      // In parallel: an object for which S3 does not answer delays no other.
      let settled = await concurrently(newestRecords(of: session), limit: Self.atOnce) { (path) async throws(Never) in
        await self.upload(recordPath: path, force: force)
      }
      left += settled.count { !$0 }
      session.removeIfEmpty()
    }
    return left
  }

  // MARK: Deletions

  /// Deletes what a killed process had unlinked, as long as it still is the same version.
  private func deleteUnlinked(_ path: String) async {
    let (shown, hidden) = RemovalRecord.read(path).reduce(into: ([RemovalRecord](), [RemovalRecord]())) {
      parts, record in
      if fileSystem.knowledge.isShown(record.reference) { parts.0.append(record) } else { parts.1.append(record) }
    }
    let versions = Dictionary(shown.map { ($0.reference, $0.version) }) { _, last in last }
    let left = await fileSystem.removals.delete(versions)
    if versions.count > left.count {
      log.notice("\(versions.count - left.count) objects that a killed process had unlinked are settled")
    }
    guard left.isEmpty, hidden.isEmpty else {
      log.warning("\(left.count + hidden.count) unlinked objects cannot be deleted now: \(path) names them")
      return
    }
    Disk.remove(path)
  }

  // MARK: Multipart uploads

  private func abortUploads(of session: SpoolSession) async {
    var isDone = true
    let left = UploadJournal.leftOver(in: session)
    var uploads = left.uploads
    for intent in left.intents {
      do throws(S3Error) {
        uploads += try await fileSystem.store
          .listMultipartUploads(bucket: intent.reference.bucket, prefix: intent.reference.key)
          .filter(intent.isMeant)
      } catch {
        if error.code != .noSuchBucket { isDone = false }
      }
    }
    if !uploads.allSatisfy({ fileSystem.knowledge.isShown($0.reference) }) { isDone = false }
    for upload in Set(uploads) where fileSystem.knowledge.isShown(upload.reference) {
      do throws(S3Error) {
        try await fileSystem.store.abortMultipartUpload(upload)
        log.info("aborted the multipart upload of \(upload.reference) that a killed process left")
      } catch {
        if error.code != .noSuchUpload && error.code != .noSuchBucket { isDone = false }
      }
    }
    if isDone { UploadJournal.clear(session) }
  }

  // MARK: Renames

  private func settleRename(_ path: String, of session: SpoolSession) async {
    let intent: RenameIntent
    do throws(RenameIntent.Unusable) { intent = try RenameIntent(path: path) } catch {
      if error == .torn { return Disk.remove(path) }
      log.warning(
        "a rename of a directory was cut short, and \(path) does not tell which in a way that this version understands: it is left as it is, and objects may be under both names"
      )
      return
    }
    let what = intent.what
    let (source, destination) = (intent.source, intent.destination)
    guard fileSystem.knowledge.isShown(source.marker), fileSystem.knowledge.isShown(destination.marker) else {
      log.warning("\(what) was cut short, outside of what --bucket names: it is left as it is")
      return
    }
    do throws(FileSystemError) {
      let settled = try await fileSystem.moves.settle(intent)
      if settled.isCompleted { removeReplaced(by: intent, in: session) }
      intent.end()
      log.notice("\(what) was cut short: \(settled.end), \(settled.deleted) objects deleted")
    } catch {
      // Without its bucket there is nothing to settle.
      if error.code == .notFound { return intent.end() }
      log.warning("\(what) was cut short and cannot be settled now: \(error.message)")
    }
  }

  /// Removes files that were closed at the destination of a completed rename, and not saved before it: they are gone
  /// with what was replaced.
  private func removeReplaced(by intent: RenameIntent, in session: SpoolSession) {
    guard let end = intent.header.sequence else { return }
    let destination = ObjectReference(bucket: intent.header.newBucket, key: ObjectKey(intent.header.newPrefix))
    for (path, record) in records(of: session) {
      guard let record, record.reference == destination, let number = record.sequence, number < end else { continue }
      log.info("\(path) is of a file that a rename replaced: removed")
      Self.removeFile(of: path)
    }
  }

  // MARK: Files

  private func records(of session: SpoolSession) -> [(path: String, record: SpoolRecord?)] {
    session.paths(endingIn: SpoolRecord.suffix).map { path in
      (path: path, record: Disk.read(path).flatMap { SpoolRecord(decoding: $0) })
    }
  }

  /// Removes a record, and the file of its bytes.
  private static func removeFile(of recordPath: String) {
    try? SpoolFile(existing: String(recordPath.dropLast(SpoolRecord.suffix.count))).remove()
  }

  /// Returns the records of a session, but of each name only the latest: a process that was killed after it wrote a
  /// record and before it removed the previous one has left both. The older ones are removed.
  private func newestRecords(of session: SpoolSession) -> [String] {
    let records = records(of: session)
    let numbered = records.filter { $0.record?.sequence != nil }
    let states = Dictionary(grouping: numbered) { $0.record?.reference }.values.map { records in
      records.sorted { ($0.record?.sequence ?? 0) < ($1.record?.sequence ?? 0) }.map(\.path)
    }
    for path in states.flatMap({ $0.dropLast() }) {
      log.info("\(path) is of a state before the last: removed")
      Self.removeFile(of: path)
    }
    return records.filter { $0.record?.sequence == nil }.map(\.path) + states.compactMap(\.last)
  }

  /// Uploads the file of a record. Returns whether nothing of it is left to do.
  private func upload(recordPath: String, force: Bool) async -> Bool {
    let path = String(recordPath.dropLast(SpoolRecord.suffix.count))
    guard let record = Disk.read(recordPath).flatMap({ SpoolRecord(decoding: $0) }) else {
      log.warning("\(recordPath) is no record that this version understands: left as it is")
      return false
    }
    guard fileSystem.knowledge.isShown(record.reference) else {
      log.warning("\(record.reference) stays unsaved in \(path): it is outside of what --bucket names")
      return false
    }
    do throws(FileSystemError) {
      let file = try SpoolFile(existing: path)
      switch try await fileSystem.saving.recover(record, bytes: file, force: force) {
      case .uploaded:
        log.notice("recovered \(record.reference): what was left unsaved is in S3 now")
      case .alreadyThere:
        log.info("\(record.reference) had been saved")
      case .besideIt(let other):
        let why = record.isHalfWritten == true ? "was still open when the run ended" : "was changed since"
        log.notice("\(record.reference) \(why): what was left unsaved is beside it, \(other)")
      }
      file.remove()
      return true
    } catch {
      log.warning(
        "\(record.reference) stays unsaved in \(path): \(error.message); `localstackmount recover` lists and settles it"
      )
      return false
    }
  }
}

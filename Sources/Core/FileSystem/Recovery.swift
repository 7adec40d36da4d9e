public import Logging
import S3
import Synchronization

/// What dead processes left behind for this endpoint, taken over: their sessions are ours until this is released.
///
/// First `settle`, before anything is served; then `uploadFiles`, while all is already served: it replaces an object
/// only if it still is the version that the unsaved bytes belong to.
public final class Recovery: Sendable {
  private let fileSystem: FileSystem
  private let sessions: [SpoolSession]
  private let log: Logger

  /// Takes over the dead sessions of the file system's endpoint.
  public init(_ fileSystem: FileSystem, log: Logger) {
    self.fileSystem = fileSystem
    self.log = log
    let endpoint = fileSystem.spool.endpoint.withLock { $0 }
    sessions = fileSystem.spool.adoptDead().filter { session in
      if session.owner.endpoint == endpoint { return true }
      // Of another endpoint, or of one that died before it said so.
      session.removeIfEmpty()
      if session.owner == .unknown, !session.paths(endingIn: UnsavedRecord.suffix).isEmpty {
        log.warning("\(session.path) holds unsaved files and does not say of which endpoint: left as it is")
      }
      return false
    }
  }

  public var isEmpty: Bool { sessions.isEmpty }

  /// Undoes or completes renames of directories, and aborts multipart uploads.
  public func settle() async {
    for session in sessions {
      for path in session.paths(endingIn: RenameIntent.suffix) { await settleRename(path) }
      await abortUploads(of: session)
    }
  }

  /// Uploads what is unsaved. Returns how many files were not.
  /// - Parameter force: Also files whose base version is gone and that are not wholly here: zeros stand for the rest.
  public func uploadFiles(force: Bool = false) async -> Int {
    var left = 0
    for session in sessions {
      for path in session.paths(endingIn: UnsavedRecord.suffix) {
        if await !upload(recordPath: path, force: force) { left += 1 }
      }
      session.removeIfEmpty()
    }
    return left
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
    for upload in Set(uploads) {
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

  private func settleRename(_ path: String) async {
    let intent: RenameIntent
    do throws(RenameIntent.Unusable) { intent = try RenameIntent(path: path) } catch {
      if error == .torn { return Disk.remove(path) }
      log.warning(
        "a rename of a directory was cut short, and \(path) does not tell which in a way that this version understands: it is left as it is, and objects may be under both names"
      )
      return
    }
    let what =
      "the rename of s3://\(intent.header.bucket)/\(intent.header.prefix) to "
      + "s3://\(intent.header.newBucket)/\(intent.header.newPrefix)"
    do throws(FileSystemError) {
      let count = try await fileSystem.settle(intent)
      intent.end()
      log.notice("\(what) was cut short: \(intent.isDeleting ? "completed" : "undone"), \(count) objects deleted")
    } catch {
      // Without its bucket there is nothing to settle.
      if error.code == .notFound { return intent.end() }
      log.warning("\(what) was cut short and cannot be settled now: \(error.message)")
    }
  }

  // MARK: Files

  /// Whether nothing of it is left to do.
  private func upload(recordPath: String, force: Bool) async -> Bool {
    let path = String(recordPath.dropLast(UnsavedRecord.suffix.count))
    guard let record = Disk.read(recordPath).flatMap({ UnsavedRecord(decoding: $0) }) else {
      log.warning("\(recordPath) is no record that this version understands: left as it is")
      return false
    }
    do throws(FileSystemError) {
      let file = try SpoolFile(existing: path)
      switch try await fileSystem.recover(record, bytes: file, force: force) {
      case .uploaded:
        log.notice("recovered \(record.reference): what was left unsaved is in S3 now")
      case .alreadyThere:
        log.info("\(record.reference) had been saved")
      case .besideIt(let other):
        log.notice("\(record.reference) was changed since: what was left unsaved is beside it, \(other)")
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

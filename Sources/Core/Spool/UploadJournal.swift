import S3
import Synchronization

/// The multipart uploads that this process has begun and not ended: those of a killed process cost storage and are
/// invisible, so that the next start aborts them.
struct UploadJournal: Sendable {
  private static let name = "/uploads"

  private struct Line: Codable {
    var bucket: String
    var key: String
    /// nil for an intent: the upload may have been begun, its id is not known.
    var id: String?
    var ended: Bool?
    /// The time of an intent, in seconds since 1970.
    var time: Int64?

    var reference: ObjectReference { ObjectReference(bucket: bucket, key: ObjectKey(key)) }
  }

  /// An upload that S3 may have begun but whose answer was lost.
  struct Intent: Hashable, Sendable {
    let reference: ObjectReference
    let time: Int64

    /// How far apart, in seconds, the intent and the beginning of its upload may be: the deadline of a request, and
    /// some difference of the clocks.
    private static let apart: ClosedRange<Int64> = -5...30

    /// Returns whether a listed upload is the one of the intent. Others may upload to the same key, at other times.
    func isMeant(_ upload: MultipartUpload) -> Bool {
      guard upload.reference == reference, let initiated = upload.initiated else { return false }
      return Self.apart.contains(initiated.seconds - time)
    }
  }

  struct LeftOver: Equatable, Sendable {
    var uploads: [MultipartUpload] = []
    var intents: [Intent] = []
    var isEmpty: Bool { uploads.isEmpty && intents.isEmpty }
  }

  let spool: SpoolDirectory
  let time: TimeSource
  private let left: LeftUploads

  init(spool: SpoolDirectory, time: TimeSource) { self.init(spool: spool, time: time, left: LeftUploads()) }

  private init(spool: SpoolDirectory, time: TimeSource, left: LeftUploads) {
    self.spool = spool
    self.time = time
    self.left = left
  }

  /// Begins an upload, recorded before the request and after the answer. A failure to record it does not fail the
  /// upload.
  func begin(
    _ reference: ObjectReference, properties: ObjectProperties, copies: Bool = false, in store: any ObjectStore
  ) async throws(S3Error) -> MultipartUpload {
    note(reference, id: nil, time: time.wall().seconds)
    do throws(S3Error) {
      let upload = try await store.createMultipartUpload(reference, properties: properties, copies: copies)
      began(upload)
      return upload
    } catch {
      // S3 refused. Without an answer it may have begun one all the same.
      if error.status != nil { note(reference, id: nil, ended: true) }
      throw error
    }
  }

  /// Records the id that S3 gave the upload.
  func began(_ upload: MultipartUpload) { note(upload.reference, id: upload.id) }

  /// Records that the upload was completed or aborted.
  func ended(_ upload: MultipartUpload) { note(upload.reference, id: upload.id, ended: true) }

  /// Records that S3 has begun an upload whose answer was lost; another try of `begin` follows.
  func beganUnasked(_ upload: MultipartUpload) {
    began(upload)
    note(upload.reference, id: nil, time: time.wall().seconds)
  }

  /// Aborts an upload that is not needed any more, even when this task was cancelled. An abort that S3 refuses now is
  /// retried while the process lives, and by the next start.
  func abort(_ upload: MultipartUpload, in store: any ObjectStore) async {
    await Task {
      guard await !isAborted(upload, in: store) else { return }
      left.add(upload)
      // Weakly, so that the retries do not keep the spool from a process that takes it over.
      left.retries.begin { [weak spool, time, left] in
        guard let spool else { return true }
        await UploadJournal(spool: spool, time: time, left: left).abortLeft(in: store)
        return left.all.isEmpty
      }
    }.value
  }

  /// Retries once to abort the remaining uploads.
  func abortLeft(in store: any ObjectStore) async {
    for upload in left.all where await isAborted(upload, in: store) { left.remove(upload) }
  }

  private func isAborted(_ upload: MultipartUpload, in store: any ObjectStore) async -> Bool {
    do throws(S3Error) { try await store.abortMultipartUpload(upload) } catch {
      guard error.code == .noSuchUpload || error.code == .noSuchBucket else { return false }
    }
    ended(upload)
    return true
  }

  private func note(_ reference: ObjectReference, id: String?, ended: Bool? = nil, time: Int64? = nil) {
    let line = Line(bucket: reference.bucket, key: reference.key.string, id: id, ended: ended, time: time)
    guard let session = try? spool.session() else { return }
    try? Disk.append(JSONLines.encode(line), to: session.path + Self.name, durably: false)
  }

  /// Returns what a session began and did not end. A truncated last line is ignored.
  static func leftOver(in session: SpoolSession) -> LeftOver {
    var left = LeftOver()
    for line in JSONLines.decode(Disk.read(session.path + name) ?? [], as: Line.self) {
      if let time = line.time {
        left.intents.append(Intent(reference: line.reference, time: time))
      } else if let id = line.id, line.ended == true {
        left.uploads.removeAll { $0 == MultipartUpload(reference: line.reference, id: id) }
      } else {
        // The intent became an upload, or failed.
        if let first = left.intents.firstIndex(where: { $0.reference == line.reference }) {
          left.intents.remove(at: first)
        }
        if let id = line.id { left.uploads.append(MultipartUpload(reference: line.reference, id: id)) }
      }
    }
    return left
  }

  static func clear(_ session: SpoolSession) { Disk.remove(session.path + name) }
}

/// Uploads that S3 has not aborted yet.
private final class LeftUploads: Sendable {
  private let uploads = Mutex<Set<MultipartUpload>>([])
  let retries = Retries()

  var all: Set<MultipartUpload> { uploads.withLock { $0 } }
  func add(_ upload: MultipartUpload) { uploads.withLock { _ = $0.insert(upload) } }
  func remove(_ upload: MultipartUpload) { uploads.withLock { _ = $0.remove(upload) } }
}

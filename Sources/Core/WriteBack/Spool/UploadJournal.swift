import FoundationEssentials
import S3

/// Which multipart uploads this process has begun and not ended: what a killed one leaves behind costs storage and is
/// seen by nobody, so the next start aborts it.
struct UploadJournal: Sendable {
  private static let name = "/uploads"

  private struct Line: Codable {
    var bucket: String
    var key: String
    var id: String
    var ended: Bool?
  }

  let spool: SpoolDirectory

  /// To be called as soon as S3 gave the upload its id. Failing to note it is no reason to fail an upload.
  func began(_ upload: MultipartUpload) { note(upload, ended: nil) }

  /// The upload was completed or aborted.
  func ended(_ upload: MultipartUpload) { note(upload, ended: true) }

  private func note(_ upload: MultipartUpload, ended: Bool?) {
    let line = Line(
      bucket: upload.reference.bucket, key: upload.reference.key.string, id: upload.id, ended: ended)
    guard let session = try? spool.session(), let bytes = try? JSONEncoder().encode(line) else { return }
    try? Disk.append(Array(bytes) + [UInt8(ascii: "\n")], to: session.path + Self.name, durably: false)
  }

  /// The uploads that a session began and did not end. A last line cut short counts for nothing.
  static func leftOver(in session: SpoolSession) -> [MultipartUpload] {
    guard let bytes = Disk.read(session.path + name) else { return [] }
    var open: [MultipartUpload] = []
    for text in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)) else { continue }
      let upload = MultipartUpload(
        reference: ObjectReference(bucket: line.bucket, key: ObjectKey(line.key)), id: line.id)
      if line.ended == true { open.removeAll { $0 == upload } } else { open.append(upload) }
    }
    return open
  }

  static func clear(_ session: SpoolSession) { Disk.remove(session.path + name) }
}

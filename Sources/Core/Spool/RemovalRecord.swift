import S3

/// A deletion that was answered before S3 has done it (`--write-back`): one line of a file of the session. The next
/// start deletes what is still that version.
struct RemovalRecord: Codable, Hashable, Sendable {
  static let suffix = ".removals"

  var bucket: String
  var key: String
  var etag: String
  /// In seconds since 1970.
  var modified: Int64
  var nanoseconds: Int32
  /// Whether the time comes from S3.
  var isStated: Bool

  init(_ reference: ObjectReference, _ version: Version) {
    (bucket, key, etag) = (reference.bucket, reference.key.string, version.etag.value)
    (modified, nanoseconds) = (version.modified.seconds, version.modified.nanoseconds)
    isStated = version.isStated
  }

  var reference: ObjectReference { ObjectReference(bucket: bucket, key: ObjectKey(key)) }
  var version: Version {
    Version(
      etag: ETag(etag), modified: Timestamp(seconds: modified, nanoseconds: nanoseconds), isStated: isStated)
  }

  /// Returns the records of a file. A truncated last line is ignored: its deletion was not answered.
  static func read(_ path: String) -> [RemovalRecord] {
    JSONLines.decode(Disk.read(path) ?? [])
  }
}

extension SpoolDirectory {
  /// Appends records to a file of this process's session, nil: to a new one. They survive the process, not the machine:
  /// quick. Returns the path; nil if they cannot be written.
  func record(_ records: [RemovalRecord], in file: String?) -> String? {
    guard let path = file ?? (try? session().newPath()).map({ $0 + RemovalRecord.suffix }) else { return nil }
    let lines = JSONLines.encode(contentsOf: records)
    do throws(FileSystemError) { try Disk.append(lines, to: path, durably: false) } catch { return nil }
    return path
  }
}

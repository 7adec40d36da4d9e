import S3

/// A file with bytes that are not in S3, a rename that was cut short, or an unlinked file that is still there, as a
/// running process or a dead one has recorded it in the spool of a cache directory.
public struct RecoverableFile: Hashable, Sendable {
  /// "s3://bucket/key"; the record's path if it cannot be parsed.
  public let name: String
  /// The size of the whole file, in bytes.
  public let size: Int64
  /// In seconds since 1970.
  public let time: Int64
  /// Why S3 does not have it; nil if its upload is in flight, or was when the process was killed.
  public let reason: String?
  /// Empty if the session does not record its endpoint.
  public let endpoint: String
  public let process: Int32
  /// Whether that process still has it, and retries automatically.
  public let isRunning: Bool
  /// The path of the bytes. Holes are bytes of the version before, or zeros.
  public let path: String

  /// Returns all unsaved files in a cache directory. Sends no request.
  public static func all(in cacheDirectory: String) -> [RecoverableFile] {
    let root = cacheDirectory + "/spool"
    return Disk.names(in: root).flatMap { name -> [RecoverableFile] in
      let path = "\(root)/\(name)"
      let owner = SpoolSession.readOwner(path) ?? .unknown
      let isRunning = SpoolSession.isInUse(path)
      return records(in: path).map { RecoverableFile($0, owner, isRunning: isRunning) }
        + renames(in: path).map { RecoverableFile($0, owner, isRunning: isRunning) }
        + removals(in: path, owner, isRunning: isRunning)
    }
  }

  /// Discards what dead processes left, including interrupted renames and uploads. Returns the names of the files.
  public static func discard(in cacheDirectory: String) -> [String] {
    let root = cacheDirectory + "/spool"
    return Disk.names(in: root).flatMap { name -> [String] in
      guard let session = SpoolSession.adopt("\(root)/\(name)") else { return [] }
      let names =
        records(in: session.path).map(\.name) + removals(in: session.path, .unknown, isRunning: false).map(\.name)
      session.discard()
      return names
    }
  }

  private init(_ found: Found, _ owner: SpoolSession.Owner, isRunning: Bool) {
    name = found.name
    size = found.record?.size ?? found.status.size
    time = found.record?.time ?? found.status.modified
    reason = Self.reason(found.record)
    endpoint = owner.endpoint
    process = owner.process
    self.isRunning = isRunning
    path = found.path
  }

  private static func reason(_ record: SpoolRecord?) -> String? {
    guard let record else { return "the record of it is damaged, or of another version" }
    return record.isHalfWritten == true
      ? "still open when the run ended: what was written will be beside the name" : record.reason
  }

  /// Describes a rename of a directory that is in progress, or was interrupted: objects may have both names.
  private init(_ intent: RenameIntent, _ owner: SpoolSession.Owner, isRunning: Bool) {
    name = intent.what
    size = 0
    time = intent.header.time
    reason =
      intent.failed == nil && isRunning
      ? nil : "cut short: objects may be under both names until it is \(intent.isDeleting ? "completed" : "undone")"
    endpoint = owner.endpoint
    process = owner.process
    self.isRunning = isRunning
    path = intent.path
  }

  /// Describes unlinked objects that S3 still has.
  private init(_ removed: RemovalRecord, _ owner: SpoolSession.Owner, in path: String, isRunning: Bool) {
    name = removed.reference.description
    size = 0
    time = owner.started
    reason = "unlinked, and not deleted in S3 yet"
    endpoint = owner.endpoint
    process = owner.process
    self.isRunning = isRunning
    self.path = path
  }

  private static func removals(
    in directory: String, _ owner: SpoolSession.Owner, isRunning: Bool
  ) -> [RecoverableFile] {
    Disk.names(in: directory).filter { $0.hasSuffix(RemovalRecord.suffix) }.flatMap { name in
      let path = "\(directory)/\(name)"
      return RemovalRecord.read(path).map { RecoverableFile($0, owner, in: path, isRunning: isRunning) }
    }
  }

  private static func renames(in directory: String) -> [RenameIntent] {
    Disk.names(in: directory).filter { $0.hasSuffix(RenameIntent.suffix) }.compactMap { name in
      try? RenameIntent(path: "\(directory)/\(name)")
    }
  }

  private struct Found {
    /// The path of the bytes.
    let path: String
    /// nil if it cannot be parsed: its bytes are unsaved all the same.
    let record: SpoolRecord?
    /// The status of the bytes' file.
    let status: Disk.Status

    var name: String { record?.reference.description ?? path + SpoolRecord.suffix }
  }

  private static func records(in directory: String) -> [Found] {
    Disk.names(in: directory).filter { $0.hasSuffix(SpoolRecord.suffix) }.compactMap { name in
      let path = "\(directory)/\(name.dropLast(SpoolRecord.suffix.count))"
      let record = Disk.read("\(directory)/\(name)").flatMap { SpoolRecord(decoding: $0) }
      // A file that was saved at this moment is gone, not damaged.
      guard record != nil || Disk.status("\(directory)/\(name)") != nil else { return nil }
      return Found(path: path, record: record, status: Disk.status(path) ?? Disk.Status())
    }
  }
}

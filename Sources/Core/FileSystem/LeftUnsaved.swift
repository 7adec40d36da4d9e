import S3

/// A file of which bytes are not in S3, as the spool of a cache directory tells it: of a process that runs, or of one
/// that is dead.
public struct LeftUnsaved: Hashable, Sendable {
  /// "s3://bucket/key".
  public let name: String
  /// Of the whole file, in bytes.
  public let size: Int64
  /// In seconds since 1970.
  public let time: Int64
  /// Why S3 does not have it; nil if its upload is under way, or was when the process was killed.
  public let reason: String?
  public let endpoint: String
  public let process: Int32
  /// Whether that process still has it, and tries again by itself.
  public let isRunning: Bool
  /// Where the bytes are. Holes are bytes of the version before, or zeros.
  public let path: String

  /// All that is left in a cache directory. No request is made.
  public static func all(in cacheDirectory: String) -> [LeftUnsaved] {
    let root = cacheDirectory + "/spool"
    return Disk.names(in: root).flatMap { name -> [LeftUnsaved] in
      let path = "\(root)/\(name)"
      guard let owner = SpoolSession.readOwner(path) else { return [] }
      let isRunning = SpoolSession.isInUse(path)
      return records(in: path).map { LeftUnsaved($0.record, at: $0.path, owner, isRunning: isRunning) }
    }
  }

  /// Throws away what dead processes left, renames and uploads cut short too. Returns the names of the files.
  public static func discard(in cacheDirectory: String) -> [String] {
    let root = cacheDirectory + "/spool"
    return Disk.names(in: root).flatMap { name -> [String] in
      guard let session = SpoolSession.adopt("\(root)/\(name)") else { return [] }
      let names = records(in: session.path).map { $0.record.reference.description }
      session.discard()
      return names
    }
  }

  private init(_ record: UnsavedRecord, at path: String, _ owner: SpoolSession.Owner, isRunning: Bool) {
    name = record.reference.description
    size = record.size
    time = record.time
    reason = record.reason
    endpoint = owner.endpoint
    process = owner.process
    self.isRunning = isRunning
    self.path = path
  }

  private static func records(in path: String) -> [(path: String, record: UnsavedRecord)] {
    Disk.names(in: path).filter { $0.hasSuffix(UnsavedRecord.suffix) }.compactMap { name in
      guard let record = Disk.read("\(path)/\(name)").flatMap({ UnsavedRecord(decoding: $0) }) else { return nil }
      return ("\(path)/\(name.dropLast(UnsavedRecord.suffix.count))", record)
    }
  }
}

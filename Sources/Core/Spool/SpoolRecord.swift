import FoundationEssentials
import S3

/// Distinguishes an object that was made from one state of a file from all others: its size, and the time of the
/// state's last change to the nanosecond, which the object stores.
struct StateStamp: Codable, Hashable, Sendable {
  var size: Int64
  var changed: String

  /// Extracts the stamp; nil if the headers do not contain the time.
  init?(size: Int64, _ headers: ObjectProperties) {
    guard let changed = PosixMetadata.timeOfChange(inUserMetadata: headers.userMetadata) else { return nil }
    (self.size, self.changed) = (size, changed)
  }
}

/// The record beside a spool file, with which another process can upload its bytes to S3: a JSON document.
struct SpoolRecord: Codable, Hashable, Sendable {
  static let suffix = ".record"
  /// Version 2 adds `copied`, which a reader must know.
  static let currentVersion = 2

  struct Base: Codable, Hashable, Sendable {
    var etag: String
    var size: Int64
    var visible: Int64
  }

  /// A range of the file that is a range of another object.
  struct Copied: Codable, Hashable, Sendable {
    var start: Int64
    var end: Int64
    var bucket: String
    var key: String
    var etag: String
    var size: Int64
    var offset: Int64
  }

  var version = 1
  var bucket: String
  var key: String
  var size: Int64
  /// The ranges whose bytes are in the spool file, each as start and end.
  var held: [[Int64]]
  /// Of these, the ranges that differ from the base.
  var changed: [[Int64]]
  /// The version in S3 that the rest comes from; nil for a new object, the rest of which is zeros.
  var base: Base?
  /// Without a base: the ETag of the object that had the name and was to be replaced.
  var replaces: String?
  /// The ranges that come from other objects.
  var copied: [Copied]?
  var bytesChanged: Bool
  /// Whether it was open when the process ended, and no close had fixed it.
  var isHalfWritten: Bool?
  var headers: ObjectProperties
  /// When the record was made, in seconds since 1970.
  var time: Int64
  /// Why it could not be saved, in words.
  var reason: String?
  /// States of the file that were in flight to S3 when the record was made, or whose upload failed, which may have
  /// arrived all the same: an object that is one of these was changed by no other client.
  var sent: [StateStamp]?
  /// Of two records of one object in a session, the one with the greater number is the newer.
  var sequence: UInt64?

  /// Decodes a record; nil if the bytes are not a record that this version understands, or contradict themselves.
  init?(decoding bytes: [UInt8]) {
    guard let record = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
      (1...Self.currentVersion).contains(record.version), record.isPlausible
    else { return nil }
    self = record
  }

  /// nil only for text that JSON cannot contain, which Swift's strings do not hold.
  var encoded: [UInt8]? { (try? JSONEncoder().encode(self)).map { Array($0) } }

  var reference: ObjectReference { ObjectReference(bucket: bucket, key: ObjectKey(key)) }
  var heldRanges: ByteRangeSet { Self.ranges(held) }
  var changedRanges: ByteRangeSet { Self.ranges(changed) }

  private var isPlausible: Bool {
    guard !bucket.isEmpty, !key.isEmpty, (0...UploadLimits.maximumSize).contains(size) else { return false }
    if let base, base.size < 0 || base.visible < 0 || base.visible > base.size { return false }
    guard (copied ?? []).allSatisfy({ $0.isPlausible && $0.end <= size }) else { return false }
    return (held + changed).allSatisfy { $0.count == 2 && $0[0] >= 0 && $0[0] <= $0[1] && $0[1] <= size }
  }

  private static func ranges(_ pairs: [[Int64]]) -> ByteRangeSet {
    var set = ByteRangeSet()
    for pair in pairs { set.insert(pair[0]..<pair[1]) }
    return set
  }
}

extension SpoolRecord.Copied {
  var range: Range<Int64> { start..<end }
  var source: ObjectReference { ObjectReference(bucket: bucket, key: ObjectKey(key)) }

  fileprivate var isPlausible: Bool {
    start >= 0 && start <= end && offset >= 0 && size <= UploadLimits.maximumSize && offset <= size - (end - start)
  }
}

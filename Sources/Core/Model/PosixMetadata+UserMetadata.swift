import S3

/// The format of s3fs, so that it reads ours and we read its: decimal `mode` (all of `st_mode`), `uid`, `gid`; times as
/// seconds with an optional fraction (as rclone writes `mtime`, too); `xattr` as in `XattrHeader`. `rdev` is our own. A
/// symbolic link has S_IFLNK in its mode and the target as its body.
extension PosixMetadata {
  private enum Name {
    static let mode = "mode"
    static let owner = "uid"
    static let group = "gid"
    static let modified = "mtime"
    static let accessed = "atime"
    static let changed = "ctime"
    static let device = "rdev"
    static let xattrs = "xattr"
    static let all: Set = [mode, owner, group, modified, accessed, changed, device, xattrs]
  }

  /// The limit of user metadata in bytes that S3 stores with one object (User Guide, "Working with object metadata").
  static let maximumUserMetadataSize = 2048

  /// Returns the size of user metadata as S3 counts it: the UTF-8 bytes of all names (without `x-amz-meta-`) and
  /// values.
  static func size(ofUserMetadata userMetadata: [String: String]) -> Int {
    userMetadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
  }

  /// Checks the size of user metadata. Throws attributeTooLarge for more than S3 accepts. Some servers accept more: the
  /// existing metadata of an object may shrink.
  static func checkSize(
    ofUserMetadata userMetadata: [String: String], replacing old: [String: String] = [:]
  ) throws(FileSystemError) {
    let size = size(ofUserMetadata: userMetadata)
    guard size <= max(maximumUserMetadataSize, Self.size(ofUserMetadata: old)) else {
      throw FileSystemError(
        .attributeTooLarge, "S3 keeps at most 2 KB of metadata with an object, this would be \(size) bytes")
    }
  }

  /// Returns the user metadata of an object whose bytes change now. Only times that it has are set, and not those named
  /// in `given`.
  static func touched(
    _ userMetadata: [String: String], now: Timestamp, given: some Sequence<String>
  ) -> [String: String] {
    var touched = userMetadata
    for name in Set([Name.modified, Name.changed]).subtracting(given) where touched[name] != nil {
      touched[name] = now.metadata
    }
    return touched
  }

  /// Returns the time of the last change as it is written here, to the nanosecond; nil if there is none.
  static func timeOfChange(inUserMetadata userMetadata: [String: String]) -> String? { userMetadata[Name.changed] }

  /// Returns user metadata without the entries that are written here.
  static func entriesOfOthers(in userMetadata: [String: String]) -> [String: String] {
    userMetadata.filter { !Name.all.contains($0.key) }
  }

  /// Parses known entries; an invalid value counts as missing.
  init(userMetadata: [String: String]) {
    mode = userMetadata[Name.mode].flatMap { UInt32($0) }.flatMap { $0 <= 0o177777 ? $0 : nil }
    owner = Self.identifier(userMetadata[Name.owner])
    group = Self.identifier(userMetadata[Name.group])
    modified = userMetadata[Name.modified].flatMap { Timestamp(metadata: $0) }
    accessed = userMetadata[Name.accessed].flatMap { Timestamp(metadata: $0) }
    changed = userMetadata[Name.changed].flatMap { Timestamp(metadata: $0) }
    device = userMetadata[Name.device].flatMap { UInt64($0) }
    xattrs = userMetadata[Name.xattrs].flatMap(XattrHeader.decode) ?? [:]
  }

  /// Returns an object's user metadata with this in it. Other clients' entries stay, and so does the spelling of values
  /// that are equal already. A field that is nil leaves the existing entry; empty xattrs remove the existing ones.
  func merged(into userMetadata: [String: String]) -> [String: String] {
    let before = Self(userMetadata: userMetadata)
    var merged = userMetadata
    if let mode, mode != before.mode { merged[Name.mode] = String(mode) }
    if let owner, owner != before.owner { merged[Name.owner] = String(owner) }
    if let group, group != before.group { merged[Name.group] = String(group) }
    if let modified, modified != before.modified { merged[Name.modified] = modified.metadata }
    if let accessed, accessed != before.accessed { merged[Name.accessed] = accessed.metadata }
    if let changed, changed != before.changed { merged[Name.changed] = changed.metadata }
    if let device, device != before.device { merged[Name.device] = String(device) }
    if xattrs != before.xattrs { merged[Name.xattrs] = xattrs.isEmpty ? nil : XattrHeader.encode(xattrs) }
    return merged
  }

  /// Same, for objects that must not get metadata of ours: existing entries are corrected, none is added.
  func updating(_ userMetadata: [String: String]) -> [String: String] {
    merged(into: userMetadata).filter { userMetadata[$0.key] != nil }
  }

  /// Parses a user or group; the highest number means "none" to chown(2).
  private static func identifier(_ text: String?) -> UInt32? {
    text.flatMap { UInt32($0) }.flatMap { $0 == .max ? nil : $0 }
  }
}

extension Timestamp {
  /// Parses seconds and an optional fraction. Before 1970 the fraction still counts upwards, as in `timespec` and s3fs.
  /// Digits below a nanosecond are dropped.
  init?(metadata: String) {
    let parts = metadata.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let seconds = Int64(String(Substring(parts[0]))) else { return nil }
    guard parts.count == 2 else {
      self.init(seconds: seconds)
      return
    }
    var nanoseconds: Int32 = 0
    var unit: Int32 = 100_000_000
    for byte in parts[1] {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
      nanoseconds += Int32(byte - UInt8(ascii: "0")) * unit
      unit /= 10
    }
    self.init(seconds: seconds, nanoseconds: nanoseconds)
  }

  /// The text as s3fs writes it: nine digits after the point, or no point.
  var metadata: String {
    guard nanoseconds != 0 else { return String(seconds) }
    let digits = String(nanoseconds)
    return "\(seconds)." + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
  }
}

extension Timestamp {
  /// Returns whether both may be the same time, with different precision: a time without a fraction means the second
  /// that it was cut or rounded to.
  func isSame(as other: Timestamp) -> Bool {
    if self == other { return true }
    let (early, late) = self < other ? (self, other) : (other, self)
    let seconds = late.seconds - early.seconds
    guard seconds <= 1 else { return false }
    let difference = seconds * 1_000_000_000 + Int64(late.nanoseconds) - Int64(early.nanoseconds)
    switch (nanoseconds == 0, other.nanoseconds == 0) {
    case (true, true): return false
    case (false, false): return difference < 1_000_000
    default: return difference < 1_000_000_000
    }
  }
}

import S3

/// The properties of a file that an archive stores beside its name and bytes.
public struct FileDetails: Hashable, Sendable {
  public var kind: FileKind
  /// 0 ... 0o7777.
  public var permissions: UInt32
  public var modified: Timestamp

  public init(kind: FileKind, permissions: UInt32, modified: Timestamp) {
    self.kind = kind
    self.permissions = permissions
    self.modified = modified
  }

  /// As the mount shows an object.
  public init(_ properties: ObjectProperties, isDirectory: Bool, lastModified: Timestamp) {
    let posix = PosixMetadata(userMetadata: properties.userMetadata)
    kind = isDirectory ? .directory : posix.kindOfObject
    permissions = posix.permissions ?? Self.usualPermissions(kind)
    modified = posix.modified ?? lastModified
  }

  private static func usualPermissions(_ kind: FileKind) -> UInt32 {
    switch kind {
    case .directory: 0o755
    case .symbolicLink: 0o777
    default: 0o644
    }
  }

  /// Returns user metadata with which the mount shows an object so. Entries that have the same meaning already keep
  /// their spelling, and other clients' entries stay.
  /// - Parameter isComplete: whether the metadata is all that the original had: then an original without a time, or
  ///   without a mode, gets none.
  public func applied(to userMetadata: [String: String], isComplete: Bool) -> [String: String] {
    let before = PosixMetadata(userMetadata: userMetadata)
    var posix = before
    // A device or FIFO: an archive stores it as an empty file.
    let isSpecial = before.kindOfObject != .file && before.kindOfObject != .symbolicLink && kind == .file
    let known = before.kind ?? .file
    if !isSpecial,
      kind != known && kind != .directory || permissions != before.permissions ?? Self.usualPermissions(kind)
    {
      posix.mode = kind.modeBits | permissions
    }
    if before.modified != nil || !isComplete, before.modified != modified { posix.modified = modified }
    return posix.merged(into: userMetadata)
  }
}

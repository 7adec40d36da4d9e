import S3

/// The attributes that POSIX knows of a file and S3 does not, as an object's user metadata stores them (see
/// `PosixMetadata+UserMetadata`). Each field is nil if the object has none.
struct PosixMetadata: Hashable, Sendable {
  /// `st_mode`: type and permission bits. Objects by other clients may lack the type bits.
  var mode: UInt32?
  var owner: UInt32?
  var group: UInt32?
  var modified: Timestamp?
  var accessed: Timestamp?
  var changed: Timestamp?
  /// `st_rdev` of device nodes.
  var device: UInt64?
  var xattrs: [String: [UInt8]] = [:]

  /// The kind in the type bits; nil if there are none or none known.
  var kind: FileKind? {
    get { mode.flatMap { mode in FileKind.allCases.first { $0.modeBits == mode & FileKind.modeMask } } }
    set { mode = (mode ?? 0) & ~FileKind.modeMask | (newValue?.modeBits ?? 0) }
  }

  /// The kind that an object is shown as. An object whose mode is that of a directory (old releases of s3fs wrote such
  /// objects without a slash at the end of the key) is shown as a file: as a directory it could contain nothing, and
  /// could not be removed.
  var kindOfObject: FileKind { kind == .directory ? .file : kind ?? .file }

  /// Removes the bits that would let a user who runs the file act as its owner or group. Set-group-ID without group
  /// execution means something else (chmod(2)).
  mutating func clearSetID() {
    guard let mode else { return }
    self.mode = mode & ~(mode & 0o10 != 0 ? 0o6000 : 0o4000)
  }

  /// Takes all but the times from an object's metadata, unless something was changed here.
  mutating func takeOthers(_ properties: ObjectProperties, unless isChanged: Bool) {
    guard !isChanged else { return }
    let others = PosixMetadata(userMetadata: properties.userMetadata)
    (mode, owner, group, device, xattrs) = (others.mode, others.owner, others.group, others.device, others.xattrs)
  }

  /// The permission bits, 0 ... 0o7777.
  var permissions: UInt32? { mode.map { $0 & 0o7777 } }
}

extension FileKind {
  /// S_IFMT of stat(2).
  static let modeMask: UInt32 = 0o170000

  /// The type bits of `st_mode` (inode(7)); the same numbers on every Linux, and in s3fs's metadata.
  var modeBits: UInt32 {
    switch self {
    case .file: 0o100000
    case .directory: 0o040000
    case .symbolicLink: 0o120000
    case .fifo: 0o010000
    case .socket: 0o140000
    case .characterDevice: 0o020000
    case .blockDevice: 0o060000
    }
  }
}

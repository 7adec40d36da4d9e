internal import CFuse3
internal import Core
internal import Glibc

// Core's values as the kernel's structures.

extension stat {
  init(_ attributes: Attributes) {
    self.init()
    st_ino = numericCast(attributes.inode.rawValue)
    st_mode = attributes.kind.modeBits | attributes.permissions & 0o7777
    st_nlink = numericCast(attributes.links)
    st_uid = attributes.owner
    st_gid = attributes.group
    st_rdev = numericCast(attributes.device)
    st_size = Int(attributes.size)
    // In units of 512 bytes, whatever the value of st_blksize (stat(2)): `du` adds these up.
    st_blocks = Int((attributes.size + 511) / 512)
    st_blksize = 4096
    st_atim = timespec(attributes.accessed)
    st_mtim = timespec(attributes.modified)
    st_ctim = timespec(attributes.changed)
  }
}

extension fuse_entry_param {
  init(_ entry: Entry) {
    self.init()
    ino = entry.inode.rawValue
    attr = stat(entry.attributes)
    attr_timeout = entry.attributesValidFor.inSeconds
    entry_timeout = entry.validFor.inSeconds
  }
}

extension timespec {
  init(_ time: Timestamp) { self.init(tv_sec: Int(time.seconds), tv_nsec: Int(time.nanoseconds)) }
}

extension Timestamp {
  init(_ time: timespec) { self.init(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec)) }
}

extension Duration {
  /// The duration in the unit of libfuse's timeouts.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

extension FileKind {
  /// The S_IFMT part of st_mode (inode(7)).
  var modeBits: UInt32 {
    switch self {
    case .file: S_IFREG
    case .directory: S_IFDIR
    case .symbolicLink: S_IFLNK
    case .fifo: S_IFIFO
    case .socket: S_IFSOCK
    case .characterDevice: S_IFCHR
    case .blockDevice: S_IFBLK
    }
  }

  /// Returns the kind that mknod(2) requests; no type bits mean a regular file.
  init?(mode: UInt32) {
    let type = mode & S_IFMT
    guard let kind = Self.allCases.first(where: { $0.modeBits == type || type == 0 && $0 == .file }) else { return nil }
    self = kind
  }
}

extension AttributeChanges {
  /// Takes the changes that a SETATTR requests (libfuse's FUSE_SET_ATTR_*).
  init(_ wanted: stat, mask: Int32, now: @autoclosure () -> Timestamp = .now()) {
    self.init()
    func asks(_ bit: Int32) -> Bool { mask & bit != 0 }
    if asks(FUSE_SET_ATTR_MODE) { permissions = wanted.st_mode & 0o7777 }
    if asks(FUSE_SET_ATTR_UID) { owner = wanted.st_uid }
    if asks(FUSE_SET_ATTR_GID) { group = wanted.st_gid }
    if asks(FUSE_SET_ATTR_SIZE) { size = Int64(wanted.st_size) }
    if asks(FUSE_SET_ATTR_ATIME) { accessed = asks(FUSE_SET_ATTR_ATIME_NOW) ? now() : Timestamp(wanted.st_atim) }
    if asks(FUSE_SET_ATTR_MTIME) { modified = asks(FUSE_SET_ATTR_MTIME_NOW) ? now() : Timestamp(wanted.st_mtim) }
  }
}

extension OpenFlags {
  /// Takes the flags of open(2) that reach the file system.
  init(kernel flags: Int32, by caller: Caller) {
    self =
      switch flags & O_ACCMODE {
      case O_RDONLY: .read
      case O_WRONLY: .write
      default: [.read, .write]
      }
    if flags & O_APPEND != 0 { insert(.append) }
    if flags & O_TRUNC != 0 { insert(.truncate) }
    // The kernel reports it by SETATTR, but not where it leaves the truncation to OPEN (FUSE_CAP_ATOMIC_O_TRUNC).
    if flags & O_TRUNC != 0, caller.user != 0 { insert(.clearsSetID) }
    if flags & O_EXCL != 0 { insert(.exclusive) }
  }
}

internal import CFuse3
internal import Core
internal import Glibc

/// The answer to READDIR or READDIRPLUS while it is filled.
struct DirectoryBuffer {
  enum Kind {
    /// Names, kinds and inode numbers (struct fuse_dirent).
    case names
    /// Whole entries, each of which the kernel counts as a lookup (struct fuse_direntplus).
    case entries
  }

  let kind: Kind
  private var bytes: [CChar]
  private var used = 0

  init(size: Int, kind: Kind) {
    self.kind = kind
    bytes = Array(repeating: 0, count: size)
  }

  /// The limit of entries, however short their names: a dirent is 24 bytes and a name, rounded up to 8; an entry's
  /// attributes before it are 128.
  var mostEntries: Int { bytes.count / (kind == .names ? 32 : 160) + 1 }

  func hasRoom(for name: String) -> Bool {
    // libfuse returns the size when it gets no buffer.
    let size =
      switch kind {
      case .names: fuse_add_direntry(nil, nil, 0, name, nil, 0)
      case .entries: fuse_add_direntry_plus(nil, nil, 0, name, nil, 0)
      }
    return used + size <= bytes.count
  }

  /// Adds a name alone. In a listing with entries its inode is 0 there, so that the kernel counts no lookup.
  mutating func add(_ name: String, _ attributes: Attributes, next: off_t) {
    var parameters = fuse_entry_param()
    parameters.attr = stat(attributes)
    add(name, &parameters, next: next)
  }

  /// Adds an entry whose lookup has been counted.
  mutating func add(_ name: String, _ entry: Entry, next: off_t) {
    var parameters = fuse_entry_param(entry)
    add(name, &parameters, next: next)
  }

  private mutating func add(_ name: String, _ parameters: inout fuse_entry_param, next: off_t) {
    let room = bytes.count - used
    used += bytes.withUnsafeMutableBufferPointer { buffer in
      let place = buffer.baseAddress! + used
      return switch kind {
      case .names: fuse_add_direntry(nil, place, room, name, &parameters.attr, next)
      case .entries: fuse_add_direntry_plus(nil, place, room, name, &parameters, next)
      }
    }
  }

  /// Adds "." and ".." as far as a listing from `offset` on has them. Returns true if the buffer is full.
  mutating func addDots(of inode: InodeNumber, from offset: off_t) -> Bool {
    for (position, name) in [".", ".."].enumerated() where position >= offset {
      guard hasRoom(for: name) else { return true }
      // The parent's number is not known here; the kernel resolves ".." itself and readers do not use it. This is the
      // number that libfuse's high level gives in this case (FUSE_UNKNOWN_INO).
      let number = position == 0 ? inode : InodeNumber(rawValue: 0xffff_ffff)
      let attributes = Attributes(
        inode: number, kind: .directory, permissions: 0, owner: 0, group: 0, size: 0, modified: Timestamp(seconds: 0))
      add(name, attributes, next: off_t(position + 1))
    }
    return false
  }

  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    bytes[..<used].withUnsafeBytes(body)
  }
}

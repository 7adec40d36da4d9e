import Glibc

/// A file's contents at one time, identified as in git's index: by device, inode, size, mtime and ctime.
package struct FileVersion: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
  let size: Int64
  /// In nanoseconds.
  let modified: Int64
  let changed: Int64

  init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  init(_ status: stat) {
    func nanoseconds(_ time: timespec) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec) }
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: nanoseconds(status.st_mtim), changed: nanoseconds(status.st_ctim))
  }

  package func hash(into hasher: inout Hasher) {
    // Two versions of one file differ in their times, and two files in their inodes.
    hasher.combine(inode)
    hasher.combine(changed)
  }
}

extension FileAccess {
  /// A name in a directory, and what it leads to.
  struct Entry {
    let name: String
    /// The type bits of its mode, and its version. Symbolic links are followed. `nil` if it cannot be looked at.
    let found: (type: mode_t, version: FileVersion)?

    init(name: String, status: stat?) {
      self.name = name
      found = status.map { ($0.st_mode & S_IFMT, FileVersion($0)) }
    }
  }

  /// Returns the entries of a directory, sorted by the bytes of their names; `nil` if it cannot be read (see `errno`).
  static func entries(in directory: String) -> [Entry]? {
    forEachName(in: directory) { descriptor, bytes in
      // A name that is not UTF-8 has another spelling as a string, which names no file.
      guard let name = String(validatingCString: bytes) else { return Entry(name: String(cString: bytes), status: nil) }
      var status = stat()
      // By the open directory: the kernel need not walk the whole path for each.
      return Entry(name: name, status: fstatat(descriptor, bytes, &status, 0) == 0 ? status : nil)
    }
  }
}

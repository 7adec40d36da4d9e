private import Basics
private import Glibc

/// File operations on the local disk, complete and durable.
enum Disk {
  /// Writes a file atomically: whenever the process dies, it has all of these bytes or does not exist; with `durably`
  /// also whenever the machine fails. Readable by its owner only.
  static func write(_ bytes: [UInt8], to path: String, durably: Bool) throws(FileSystemError) {
    let partial = path + ".partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("create", partial) }
    defer { close(descriptor) }
    do throws(FileSystemError) {
      try append(bytes, to: descriptor, path: partial)
      if durably, fsync(descriptor) != 0 { throw failure("write", partial) }
      guard rename(partial, path) == 0 else { throw failure("rename", partial) }
    } catch {
      unlink(partial)
      throw error
    }
    if durably { try syncDirectory(of: path) }
  }

  static func append(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(FileSystemError) {
    var done = 0
    while done < bytes.count {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw failure("write", path) }
      done += written
    }
  }

  /// Writes all bytes at an offset.
  static func write(_ bytes: RawSpan, to descriptor: Int32, at offset: Int64, path: String) throws(FileSystemError) {
    try bytes.withUnsafeBytes { (buffer) throws(FileSystemError) in
      var done = 0
      while done < buffer.count {
        let written = pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw failure("write", path) }
        done += written
      }
    }
  }

  /// Reads bytes at an offset: fewer than `count` where the file ends. Throws ioFailure.
  static func read(
    _ descriptor: Int32, at offset: Int64, count: Int, path: String
  ) throws(FileSystemError) -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      while initialized < count {
        let got = pread(
          descriptor, buffer.baseAddress! + initialized, count - initialized, off_t(offset) + off_t(initialized))
        if got < 0 && errno == EINTR { continue }
        if got < 0 { failed = true }
        if got <= 0 { break }
        initialized += got
      }
    }
    if failed { throw failure("read", path) }
    return bytes
  }

  /// Appends to an existing file; with `durably` the bytes survive a failure of the machine.
  static func append(_ bytes: [UInt8], to path: String, durably: Bool) throws(FileSystemError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    try append(bytes, to: descriptor, path: path)
    if durably, fdatasync(descriptor) != 0 { throw failure("write", path) }
  }

  /// Reads a file; nil if it cannot be read.
  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { return nil }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
  }

  /// The attributes of a file.
  struct Status {
    var size: Int64 = 0
    /// The space that it takes on the disk, in bytes: less than its size where it is sparse.
    var bytesOnDisk: Int64 = 0
    /// When its bytes changed, in seconds since 1970.
    var modified: Int64 = 0
  }

  /// Returns the status of a file; nil if there is none.
  static func status(_ path: String) -> Status? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    return Status(
      size: Int64(status.st_size), bytesOnDisk: Int64(status.st_blocks) * 512,
      modified: Int64(status.st_mtim.tv_sec))
  }

  /// Returns the names in a directory, sorted; none if it cannot be read.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  static func remove(_ path: String) { unlink(path) }

  /// Creates a directory and those above it, 0700. An existing one must be a directory that no other user may write to,
  /// as that could place files and links in it. Throws ioFailure, accessDenied.
  static func createDirectory(_ path: String) throws(FileSystemError) {
    do throws(PrivateDirectory.Failure) { try PrivateDirectory.create(path) } catch {
      switch error.kind {
      case .cannotCreate:
        throw FileSystemError(
          .ioFailure, "cannot create \(error.path) for unsaved bytes: \(error.reason); \(error.remedy)")
      case .cannotLook:
        throw FileSystemError(.ioFailure, "cannot look at \(error.path): \(error.reason); \(error.remedy)")
      case .foreign, .open:
        throw FileSystemError(
          .accessDenied, "\(error.path) \(error.reason), and unsaved bytes are not put there: \(error.remedy)")
      }
    }
  }

  /// Makes a new name durable.
  private static func syncDirectory(of path: String) throws(FileSystemError) {
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", parent) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure("write", parent) }
  }

  /// Returns the error for `errno`, in the user's terms.
  static func failure(_ verb: String, _ path: String) -> FileSystemError {
    let error = errno
    let reason = String(cString: strerror(error))
    guard error == ENOSPC || error == EDQUOT else {
      return FileSystemError(.ioFailure, "cannot \(verb) \(path): \(reason)")
    }
    return FileSystemError(.noSpace, "no space left for \(path): free some, or choose another --cache-dir")
  }

  /// Returns the bytes free to an ordinary user on the file system that holds `path`; nil if unknown.
  static func freeBytes(at path: String) -> Int64? {
    var figures = statvfs()
    guard statvfs(path, &figures) == 0 else { return nil }
    return Int64(clamping: UInt64(figures.f_bavail) * UInt64(figures.f_frsize))
  }
}

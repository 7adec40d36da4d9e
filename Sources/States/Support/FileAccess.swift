import Glibc

/// Plain file operations by path. They block, because the commands have no other work for the thread.
enum FileAccess {
  /// The users who may read what is written.
  enum Audience {
    /// For what is stored between runs: 0600 and 0700, whatever the umask.
    case owner
    /// For output that the user requested: according to the umask.
    case everybody

    var fileMode: mode_t { self == .owner ? 0o600 : 0o644 }
    var directoryMode: mode_t { self == .owner ? 0o700 : 0o777 }
  }

  /// The system's message for the last error.
  static var reason: String { String(cString: strerror(errno)) }

  static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  /// Returns the status of a path itself, even of a symbolic link.
  static func linkStatus(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
  }

  /// Removes the slashes at the end of a directory's path.
  static func withoutSlash(_ path: String) -> String {
    var path = path
    while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    return path
  }

  static func isDirectory(_ path: String) -> Bool { status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Returns the names in a directory, sorted by their bytes; `nil` if it cannot be read (see `errno`).
  static func names(in directory: String) -> [String]? {
    forEachName(in: directory) { _, name in String(cString: name) }
  }

  /// Returns the results of `body` for the names in a directory except for `.` and `..`, sorted by the names' bytes;
  /// `nil` if it cannot be read (see `errno`). `body` gets the directory's descriptor and a name.
  static func forEachName<Result>(
    in directory: String, _ body: (Int32, UnsafePointer<CChar>) -> Result
  ) -> [Result]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    // The names one after another, and where each begins: sorted before there are strings, which compare more slowly.
    var names: [CChar] = []
    var starts: [Int] = []
    errno = 0
    while let entry = readdir(stream) {
      withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { name in
          guard strcmp(name, ".") != 0, strcmp(name, "..") != 0 else { return }
          starts.append(names.count)
          names.append(contentsOf: UnsafeBufferPointer(start: name, count: strlen(name) + 1))
        }
      }
      errno = 0
    }
    guard errno == 0 else { return nil }
    let descriptor = dirfd(stream)
    return names.withUnsafeBufferPointer { names in
      guard let first = names.baseAddress else { return [] }
      starts.sort { strcmp(first + $0, first + $1) < 0 }
      return starts.map { body(descriptor, first + $0) }
    }
  }

  /// Returns at most `limit` bytes from the beginning; `nil` if they cannot be read.
  static func read(_ path: String, limit: Int = .max) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    return read(descriptor, count: min(limit, max(Int(status.st_size), 0)), orToEnd: limit == .max)
  }

  /// Returns `count` bytes from the position on, fewer at the end of the file.
  private static func read(_ descriptor: Int32, count: Int, orToEnd: Bool) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: min(max(count, 1), 1 << 20), alignment: 1)
    defer { chunk.deallocate() }
    while orToEnd || bytes.count < count {
      let wanted = orToEnd ? chunk.count : min(chunk.count, count - bytes.count)
      let got = Glibc.read(descriptor, chunk.baseAddress, wanted)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return nil }
      if got == 0 { break }
      bytes.append(contentsOf: chunk[..<got])
    }
    return bytes
  }

  /// Passes a file to `consume` piece by piece. Returns false when it cannot be read.
  static func forEachPiece(of path: String, _ consume: (UnsafeRawBufferPointer) -> Void) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
    defer { chunk.deallocate() }
    while true {
      let got = Glibc.read(descriptor, chunk.baseAddress, chunk.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return false }
      if got == 0 { return true }
      consume(UnsafeRawBufferPointer(rebasing: chunk[..<got]))
    }
  }

  /// Writes a new file at `temporary`, which is on the same disk, with the pieces that `content` adds one after
  /// another, and renames it, so that readers see either the old or the new one. With `isDurable`, the bytes are on the
  /// disk before the name is. Constant memory.
  static func replace(
    _ path: String, writing temporary: String, isDurable: Bool = false, for audience: Audience = .owner,
    _ content: (PieceWriter) -> Void
  ) throws(StateFailure) {
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, audience.fileMode)
    guard descriptor >= 0 else { throw .disk("write", path) }
    let writer = PieceWriter(descriptor)
    content(writer)
    let isWritten = writer.finish() && (!isDurable || fsync(descriptor) == 0)
    let reason = errno
    let isClosed = close(descriptor) == 0
    guard isWritten, isClosed, rename(temporary, path) == 0 else {
      if !isWritten { errno = reason }
      let failure = StateFailure.disk("write", path)
      unlink(temporary)
      throw failure
    }
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var done = 0
    return bytes.withUnsafeBytes { buffer in
      while done < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress! + done, buffer.count - done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  /// Creates a directory and those above it; existing ones are accepted.
  static func makeDirectories(_ path: String, for audience: Audience) throws(StateFailure) {
    if isDirectory(path) { return }
    if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex {
      try makeDirectories(String(path[..<slash]), for: audience)
    }
    if mkdir(path, audience.directoryMode) != 0, errno != EEXIST || !isDirectory(path) {
      throw .disk("make the directory", path)
    }
  }

  static func remove(_ path: String) { unlink(path) }

  /// Returns a new name for a temporary file, in the system's directory for them.
  static func temporaryPath() -> String {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return "\(directory)/localstackmount-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  }
}

extension FileAccess {
  /// Copies a file's bytes into a new one.
  static func copy(_ source: String, to destination: String, for audience: Audience) throws(StateFailure) {
    let descriptor = open(destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, audience.fileMode)
    guard descriptor >= 0 else { throw .disk("write", destination) }
    defer { close(descriptor) }
    var isWritten = true
    let isRead = forEachPiece(of: source) { piece in
      if isWritten { isWritten = write(Array(piece), to: descriptor) }
    }
    guard isRead else { throw .disk("read", source) }
    guard isWritten else { throw .disk("write", destination) }
  }
}

extension FileAccess {
  /// Returns the next bytes of an open file; empty at its end, `nil` if they cannot be read.
  static func next(_ descriptor: Int32, atMost count: Int) -> [UInt8]? {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      var got = Glibc.read(descriptor, buffer.baseAddress, count)
      while got < 0, errno == EINTR { got = Glibc.read(descriptor, buffer.baseAddress, count) }
      failed = got < 0
      initialized = max(0, got)
    }
    return failed ? nil : bytes
  }

  /// Waits until a file's bytes are on the disk.
  static func synchronize(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
  }
}

private import Glibc

/// A sparse file on local disk that holds unsaved bytes at the offsets they have in the object.
///
/// Positional reads and writes only, so several threads may use it at once; who may write where is the owner's affair.
final class SpoolFile: Sendable {
  let path: String
  let descriptor: Int32

  /// Creates the file, readable by its owner only. Throws noSpace or ioFailure.
  init(path: String) throws(FileSystemError) {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("create", path) }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  func write(_ bytes: RawSpan, at offset: Int64) throws(FileSystemError) {
    try bytes.withUnsafeBytes { (buffer) throws(FileSystemError) in
      var done = 0
      while done < buffer.count {
        let written = pwrite(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw Self.failure("write", path) }
        done += written
      }
    }
  }

  /// Bytes never written read as zero.
  func read(at offset: Int64, count: Int) throws(FileSystemError) -> [UInt8] {
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
      if !failed && initialized < count {
        memset(buffer.baseAddress! + initialized, 0, count - initialized)
        initialized = count
      }
    }
    if failed { throw Self.failure("read", path) }
    return bytes
  }

  func remove() { unlink(path) }

  private static func failure(_ verb: String, _ path: String) -> FileSystemError {
    let error = errno
    let reason = String(cString: strerror(error))
    guard error == ENOSPC || error == EDQUOT else {
      return FileSystemError(.ioFailure, "cannot \(verb) the spool file \(path): \(reason)")
    }
    return FileSystemError(
      .noSpace, "no space left for the spool file \(path): free some, or choose another --cache-dir")
  }
}

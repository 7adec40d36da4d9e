private import Glibc
import Synchronization

/// The directory of spool files, one level below the cache directory, readable by its owner only.
final class SpoolDirectory: Sendable {
  let path: String
  private let next = Atomic<UInt64>(1)

  init(path: String) { self.path = path }

  /// A new spool file. Throws noSpace, ioFailure.
  func makeFile() throws(FileSystemError) -> SpoolFile {
    if access(path, F_OK) != 0 { try create() }
    let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
    return try SpoolFile(path: "\(path)/\(getpid())-\(number)")
  }

  /// Creates the directory and those above it, 0700.
  func create() throws(FileSystemError) {
    var partial = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") {
      partial += "/" + component
      guard mkdir(partial, 0o700) == 0 || errno == EEXIST else {
        let reason = String(cString: strerror(errno))
        throw FileSystemError(
          .ioFailure, "cannot create \(partial) for unsaved bytes: \(reason); choose another --cache-dir")
      }
    }
  }
}

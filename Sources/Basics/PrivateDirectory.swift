private import Glibc

/// Directories for data that is stored between runs: 0700, whatever the umask, because they contain bytes of objects,
/// keys and metadata.
package enum PrivateDirectory {
  /// Why a directory cannot be used.
  package struct Failure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case cannotCreate
      case cannotLook
      /// Other users own it or may write to it, or it is not a directory.
      case foreign
    }

    package let kind: Kind
    /// The directory, or the one above it, that is the reason.
    package let path: String
    /// The system's message, or the continuation of the path: "is not a directory".
    package let reason: String
  }

  private static let mode: mode_t = 0o700

  /// Creates a directory and those above it. An existing one must be a directory of this user's that no other user may
  /// write to, as that could place files and links in it. With `closes`, one that others may read is closed.
  package static func create(_ path: String, closes: Bool = false) throws(Failure) {
    var partial = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/") {
      partial += "/" + component
      guard mkdir(partial, mode) == 0 || errno == EEXIST else {
        throw Failure(kind: .cannotCreate, path: partial, reason: String(cString: strerror(errno)))
      }
    }
    try require(partial, closes: closes)
  }

  private static func require(_ path: String, closes: Bool) throws(Failure) {
    var (link, directory) = (stat(), stat())
    guard lstat(path, &link) == 0, stat(path, &directory) == 0 else {
      throw Failure(kind: .cannotLook, path: path, reason: String(cString: strerror(errno)))
    }
    if let reason = fault(link, directory, closes: closes) {
      throw Failure(kind: .foreign, path: path, reason: reason)
    }
    guard closes, directory.st_mode & 0o077 != 0 else { return }
    guard chmod(path, mode) == 0 else {
      throw Failure(kind: .foreign, path: path, reason: "may be read by others: \(String(cString: strerror(errno)))")
    }
  }

  private static func fault(_ link: stat, _ directory: stat, closes: Bool) -> String? {
    if directory.st_mode & S_IFMT != S_IFDIR { return "is not a directory" }
    if directory.st_uid != geteuid() || link.st_uid != geteuid() {
      return "belongs to another user (\(directory.st_uid == geteuid() ? link.st_uid : directory.st_uid))"
    }
    if !closes, directory.st_mode & 0o022 != 0 {
      return "may be written by others (mode \(String(directory.st_mode & 0o7777, radix: 8)))"
    }
    return nil
  }
}

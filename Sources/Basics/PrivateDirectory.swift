private import Glibc

/// Directories for data that is stored between runs: 0700, whatever the umask, because they contain bytes of objects,
/// keys and metadata.
package enum PrivateDirectory {
  /// Why a directory cannot be used.
  package struct Failure: Error, Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case cannotCreate
      case cannotLook
      /// Other users own it, or it is not a directory.
      case foreign
      /// Other users may write to it.
      case open
    }

    package let kind: Kind
    /// The directory, or the one above it, that is the reason.
    package let path: String
    /// The system's message, or the continuation of the path: "is not a directory".
    package let reason: String

    /// What the user can do, as the end of a sentence.
    package var remedy: String {
      "choose another --cache-dir" + (kind == .open ? ", or `chmod 700 \(ShellWord.quoted(path))`" : "")
    }
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

  /// Returns why `create` would refuse a path, or why nothing could be written there; nil if all is well. Changes
  /// nothing.
  package static func problem(_ path: String) -> Failure? {
    var status = stat()
    if lstat(path, &status) == 0 {
      do throws(Failure) { try require(path, closes: false) } catch { return error }
    }
    let place = nearestExisting(path)
    guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return Failure(kind: .cannotCreate, path: path, reason: "\(place) is not a directory")
    }
    guard access(place, W_OK | X_OK) == 0 else {
      return Failure(kind: .cannotCreate, path: path, reason: "\(place) is not writable by you")
    }
    return nil
  }

  /// Returns the path, or the first above it that exists.
  package static func nearestExisting(_ path: String) -> String {
    var existing = path[...]
    while !existing.isEmpty, access(String(existing), F_OK) != 0 {
      existing = existing.lastIndex(of: "/").map { existing[..<$0] } ?? ""
    }
    return existing.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : String(existing)
  }

  private static func require(_ path: String, closes: Bool) throws(Failure) {
    var (link, directory) = (stat(), stat())
    guard lstat(path, &link) == 0, stat(path, &directory) == 0 else {
      throw Failure(kind: .cannotLook, path: path, reason: String(cString: strerror(errno)))
    }
    if let (kind, reason) = fault(link, directory, closes: closes) {
      throw Failure(kind: kind, path: path, reason: reason)
    }
    guard closes, directory.st_mode & 0o077 != 0 else { return }
    guard chmod(path, mode) == 0 else {
      throw Failure(kind: .open, path: path, reason: "may be read by others: \(String(cString: strerror(errno)))")
    }
  }

  private static func fault(_ link: stat, _ directory: stat, closes: Bool) -> (Failure.Kind, String)? {
    if directory.st_mode & S_IFMT != S_IFDIR { return (.foreign, "is not a directory") }
    if directory.st_uid != geteuid() || link.st_uid != geteuid() {
      return (
        .foreign, "belongs to another user (\(directory.st_uid == geteuid() ? link.st_uid : directory.st_uid))"
      )
    }
    if !closes, directory.st_mode & 0o022 != 0 {
      return (.open, "may be written by others (mode \(String(directory.st_mode & 0o7777, radix: 8)))")
    }
    return nil
  }
}

/// The user's home directory.
package enum HomeDirectory {
  /// Returns HOME, else what the system knows of the user; nil if neither is set.
  package static func path(_ environment: [String: String]) -> String? {
    if let home = environment["HOME"], !home.isEmpty { return home }
    guard let entry = getpwuid(getuid()), let directory = entry.pointee.pw_dir, directory.pointee != 0 else {
      return nil
    }
    return String(cString: directory)
  }
}

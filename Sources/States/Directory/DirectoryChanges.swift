import Glibc

/// Detects when a file below a directory is saved, by comparing names, sizes and times of all files. That is cheap
/// compared with a seed, and works on every file system (inotify fails on many shared folders of containers).
package final class DirectoryChanges {
  private static let pause = Duration.milliseconds(200)

  private let root: String
  private var seen: Int

  package init(_ root: String) {
    self.root = root
    seen = Self.look(root)
  }

  /// Returns as soon as something has changed since the last call, or since the beginning.
  package func wait() async throws(StateFailure) {
    while true {
      let now = Self.look(root)
      if now != seen {
        seen = now
        return
      }
      do { try await Task.sleep(for: Self.pause) } catch { throw .interrupted }
    }
  }

  private static func look(_ root: String) -> Int {
    var hasher = Hasher()
    walk(root, &hasher)
    return hasher.finalize()
  }

  private static func walk(_ path: String, _ hasher: inout Hasher) {
    for name in FileAccess.names(in: path) ?? [] {
      let child = "\(path)/\(name)"
      guard let status = FileAccess.status(child) else { continue }
      hasher.combine(name)
      hasher.combine(Int(status.st_ino))
      if status.st_mode & S_IFMT == S_IFDIR {
        walk(child, &hasher)
      } else {
        hasher.combine(Int(status.st_size))
        hasher.combine(Int(status.st_mtim.tv_sec))
        hasher.combine(Int(status.st_mtim.tv_nsec))
      }
    }
  }
}

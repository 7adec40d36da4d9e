private import Glibc

/// Finds the processes that keep a mount busy: their working directory is in it, or they have one of its files open.
struct MountHolders {
  /// A process and the targets of its links.
  struct Process: Equatable {
    var identifier: Int32
    var name: String
    var links: [String]
  }

  /// Returns the processes with a link to the mount point or below it, as "bash (4711), vim (4712)".
  static func description(of processes: [Process], holding mountPoint: String) -> String {
    let below = mountPoint == "/" ? "/" : mountPoint + "/"
    return
      processes
      .filter { $0.links.contains { $0 == mountPoint || $0.hasPrefix(below) } }
      .map { "\($0.name) (\($0.identifier))" }
      .joined(separator: ", ")
  }

  /// Returns all other processes with their readable links: root sees all, other users their own. Follows no link.
  static func running() -> [Process] {
    ProcFile.names(in: "/proc").compactMap { entry in
      guard let identifier = Int32(entry), identifier != getpid() else { return nil }
      let folder = "/proc/\(entry)"
      let paths = ["cwd", "root", "exe"] + ProcFile.names(in: folder + "/fd").map { "fd/\($0)" }
      let name = ProcFile.contents(folder + "/comm")?.split(separator: "\n").first.map(String.init)
      return Process(
        identifier: identifier, name: name ?? "?", links: paths.compactMap { ProcFile.link("\(folder)/\($0)") })
    }
  }
}

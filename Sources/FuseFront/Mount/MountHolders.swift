private import Glibc

/// The processes that keep a mount busy: those that stand in it, or have a file of it open.
struct MountHolders {
  /// A process, and where its links point to.
  struct Process: Equatable {
    var identifier: Int32
    var name: String
    var links: [String]
  }

  /// "bash (4711), vim (4712)": those with a link to the mount point or below it.
  static func description(of processes: [Process], holding mountPoint: String) -> String {
    let below = mountPoint == "/" ? "/" : mountPoint + "/"
    return
      processes
      .filter { $0.links.contains { $0 == mountPoint || $0.hasPrefix(below) } }
      .map { "\($0.name) (\($0.identifier))" }
      .joined(separator: ", ")
  }

  /// All processes but this one, with the links that may be read: root sees all, others their own. Nothing is followed.
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

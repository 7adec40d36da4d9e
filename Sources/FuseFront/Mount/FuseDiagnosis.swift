private import Basics
private import CFuse3
private import Glibc

/// Checks what a mount needs, item by item, for `localstackmount doctor`. Changes and mounts nothing.
public enum FuseDiagnosis {
  public struct Finding: Sendable {
    public let name: String
    public let text: String
    /// Whether the item is in order; if not, the text names the remedy.
    public let isGood: Bool
  }

  public static var libraryVersion: String { String(cString: fuse_pkgversion()) }

  public static func findings(for mountPoint: MountPoint) -> [Finding] {
    let system = FusePrerequisites.current()
    return [device(system), fusermount(system), configuration(system), place(mountPoint)]
  }

  private static func device(_ system: FusePrerequisites) -> Finding {
    var alone = FusePrerequisites()
    alone.deviceFailure = system.deviceFailure
    return finding("fuse", "/dev/fuse can be opened") { () throws(FuseMountError) in
      try alone.check(FuseOptions())
    }
  }

  private static func fusermount(_ system: FusePrerequisites) -> Finding {
    guard let path = FusePrerequisites.fusermount else {
      // root mounts without it.
      let text = system.isRoot ? "not installed; root does without it" : "not installed: `apt install fuse3`"
      return Finding(name: "fusermount3", text: text, isGood: system.isRoot)
    }
    var status = stat()
    let isPrivileged = stat(path, &status) == 0 && status.st_uid == 0 && status.st_mode & S_ISUID != 0
    if !system.isRoot && !isPrivileged {
      let word = ShellWord.quoted(path)
      return Finding(
        name: "fusermount3", text: "\(path) is not setuid root: `chown root \(word) && chmod 4755 \(word)` as root",
        isGood: false)
    }
    return Finding(name: "fusermount3", text: path, isGood: true)
  }

  private static func configuration(_ system: FusePrerequisites) -> Finding {
    let permits = FusePrerequisites.permitsAllowOther(system.configuration ?? "")
    let text =
      permits
      ? "user_allow_other is set: --allow-other is for every user"
      : "user_allow_other is not set: --allow-other is for root only, until /etc/fuse.conf has that line"
    return Finding(name: "fuse.conf", text: text, isGood: true)
  }

  private static func place(_ mountPoint: MountPoint) -> Finding {
    let found = mountPoint.findings()
    switch mountPoint.verdict(on: found) {
    case .use: return Finding(name: "mount point", text: "\(mountPoint.path) is empty", isGood: true)
    case .makeAndUse:
      if let problem = PrivateDirectory.problem(mountPoint.path) {
        return Finding(
          name: "mount point", text: "\(mountPoint.path) cannot be made: \(problem.reason); name another directory",
          isGood: false)
      }
      return Finding(name: "mount point", text: "\(mountPoint.path) is made by the first mount", isGood: true)
    case .replaceStaleMount:
      return Finding(
        name: "mount point", text: "\(mountPoint.path) is a dead mount, which the next mount replaces", isGood: true)
    case .refuse(let error):
      if let mount = found.mount, mount.isOurs {
        return Finding(
          name: "mount point", text: "\(mountPoint.path) is a mount of localstackmount (\(mount.source))", isGood: true)
      }
      return Finding(name: "mount point", text: error.description, isGood: false)
    }
  }

  private static func finding(
    _ name: String, _ text: String, _ check: () throws(FuseMountError) -> Void
  ) -> Finding {
    do throws(FuseMountError) {
      try check()
      return Finding(name: name, text: text, isGood: true)
    } catch {
      return Finding(name: name, text: error.description, isGood: false)
    }
  }
}

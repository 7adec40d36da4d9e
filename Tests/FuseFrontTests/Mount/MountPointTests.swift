import Glibc
import Testing

@testable import FuseFront

struct MountPointTests {
  private static let ours = MountTable.Row(mountPoint: "/m", type: "fuse.localstackmount", source: "http://x")
  private static let other = MountTable.Row(mountPoint: "/m", type: "fuse.sshfs", source: "host:")
  private static let plain = MountTable.Row(mountPoint: "/m", type: "tmpfs", source: "tmpfs")
  private static let good = MountPointFindings.State.directory(isEmpty: true, isWritable: true)

  private func verdict(
    _ state: MountPointFindings.State, _ mount: MountTable.Row? = nil, isDefault: Bool = false
  ) -> MountPointVerdict {
    MountPoint(path: "/m", isDefault: isDefault).verdict(on: MountPointFindings(state: state, mount: mount))
  }

  private func refusal(_ verdict: MountPointVerdict) -> FuseMountError.Reason? {
    if case .refuse(let error) = verdict { error.reason } else { nil }
  }

  @Test func `an empty directory is used, also one on a mount of another kind`() {
    #expect(verdict(Self.good) == .use)
    #expect(verdict(Self.good, Self.plain) == .use)
  }

  @Test func `a missing default is created, a missing named mount point is refused with the command to create it`() {
    #expect(verdict(.missing, isDefault: true) == .makeAndUse)
    guard case .refuse(let error) = verdict(.missing) else { return #expect(Bool(false)) }
    #expect(error.reason == .mountPointMissing)
    #expect(error.description.contains("mkdir -p /m"))
  }

  @Test func `a path in a command is quoted where a shell needs it`() {
    let point = MountPoint(path: "/a b")
    guard case .refuse(let error) = point.verdict(on: MountPointFindings(state: .missing)) else {
      return #expect(Bool(false))
    }
    #expect(error.description.contains("`mkdir -p '/a b'`"))
  }

  @Test func `a link to nothing is refused, as the default too`() {
    #expect(refusal(verdict(.danglingLink, isDefault: true)) == .mountPointUnusable)
  }

  @Test func `a place that would hide files or cannot be a mount point is refused`() {
    #expect(refusal(verdict(.notDirectory)) == .mountPointNotDirectory)
    #expect(refusal(verdict(.directory(isEmpty: false, isWritable: true))) == .mountPointNotEmpty)
    #expect(refusal(verdict(.directory(isEmpty: true, isWritable: false))) == .mountPointNotWritable)
    #expect(refusal(verdict(.failure(errno: ELOOP))) == .mountPointUnusable)
  }

  @Test func `a live mount is refused, ours too`() {
    #expect(refusal(verdict(Self.good, Self.ours)) == .alreadyMounted)
    #expect(refusal(verdict(Self.good, Self.other)) == .alreadyMounted)
  }

  @Test func `our dead mount is replaced, another program's is not`() {
    #expect(verdict(.deadMount, Self.ours) == .replaceStaleMount)
    #expect(refusal(verdict(.deadMount, Self.other)) == .staleMount)
  }

  @Test func `every refusal is one line`() {
    let states: [MountPointFindings.State] = [
      .missing, .notDirectory, .directory(isEmpty: false, isWritable: true), .failure(errno: EIO),
    ]
    for state in states {
      guard case .refuse(let error) = verdict(state) else { continue }
      #expect(!error.description.contains("\n"))
    }
  }

  @Test func `the running system is inspected`() throws {
    let folder = try temporaryFolder()
    defer { rmdir(folder) }
    #expect(MountPoint(path: folder).findings().state == Self.good)
    #expect(MountPoint(path: folder + "/none").findings().state == .missing)
    #expect(MountPoint(path: "/dev/null").findings().state == .notDirectory)
    #expect(MountPoint(path: "/proc").findings().state == .directory(isEmpty: false, isWritable: geteuid() == 0))
  }

  @Test func `parents are created, too`() throws {
    let folder = try temporaryFolder()
    let point = MountPoint(path: folder + "/a/b", isDefault: true)
    try point.make()
    #expect(point.findings().state == Self.good)
    for path in [folder + "/a/b", folder + "/a", folder] { #expect(rmdir(path) == 0) }
  }

  @Test func `a path is made absolute without entering its last component`() throws {
    let folder = try temporaryFolder()
    defer { rmdir(folder) }
    #expect(symlink(folder, folder + "-link") == 0)
    defer { unlink(folder + "-link") }
    #expect(MountPoint.absolute(folder + "/") == folder)
    #expect(MountPoint.absolute(folder + "-link/none") == folder + "/none")
    #expect(MountPoint.absolute("/") == "/")
    #expect(MountPoint.absolute("none").hasSuffix("/none"))
  }

  private func temporaryFolder() throws -> String {
    var template = Array("/tmp/mount-point-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    return String(cString: made)
  }
}

import Testing

@testable import FuseFront

struct MountTableTests {
  private let table = MountTable(
    text: #"""
      22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
      36 22 0:31 / /home/a\040b\134c rw,nosuid,nodev shared:7 master:2 - fuse.localstackmount http://localhost:4566 rw
      37 22 0:32 / /mnt/bare rw - tmpfs tmpfs rw
      38 37 0:33 / /mnt/bare rw - fuse.sshfs host: rw
      broken line
      39 22 0:34 / /mnt/cut rw
      """#)

  @Test func `escaped paths are read, whatever optional fields there are`() {
    #expect(
      table.row(at: #"/home/a b\c"#)
        == .init(
          identifier: "36", device: "0:31", mountPoint: #"/home/a b\c"#, type: "fuse.localstackmount",
          source: "http://localhost:4566"))
    #expect(table.row(at: "/")?.type == "ext4")
  }

  @Test func `the topmost of stacked mounts counts`() {
    #expect(table.row(at: "/mnt/bare")?.source == "host:")
  }

  @Test func `malformed lines are left out`() {
    #expect(table.rows.count == 4)
    #expect(table.row(at: "/mnt/cut") == nil)
  }

  @Test func `own mounts are distinguished from others`() {
    #expect(table.row(at: #"/home/a b\c"#)?.isOurs == true)
    #expect(table.row(at: "/mnt/bare")?.isOurs == false)
    #expect(table.row(at: "/mnt/bare")?.isFuse == true)
    #expect(table.row(at: "/")?.isFuse == false)
  }

  @Test func `the running system's table has a root`() {
    #expect(MountTable.current().row(at: "/") != nil)
  }
}

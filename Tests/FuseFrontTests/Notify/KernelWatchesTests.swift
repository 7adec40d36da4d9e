// SEMANTICS: 2.5
import Core
import Testing

@testable import FuseFront

struct KernelWatchesTests {
  private static let text = """
    pos:\t0
    flags:\t00
    mnt_id:\t17
    ino:\t1044
    inotify wd:2 ino:61ec8f3c0ddbe07c sdev:2b mask:fff ignored_mask:0 fhandle-bytes:c fhandle-type:81 f_handle:3c8f
    inotify wd:1 ino:9e sdev:800013 mask:800afce ignored_mask:0
    """

  @Test func `only watches on the mount's own device count`() {
    #expect(
      KernelWatches.inodes(inDescriptorText: Self.text, onDevice: 0x2b)
        == [InodeNumber(rawValue: 0x61ec_8f3c_0ddb_e07c)])
    #expect(KernelWatches.inodes(inDescriptorText: Self.text, onDevice: 0x80_0013) == [InodeNumber(rawValue: 0x9e)])
    #expect(KernelWatches.inodes(inDescriptorText: Self.text, onDevice: 1) == [])
  }

  @Test(arguments: ["", "inotify", "inotify wd:1 ino:zz sdev:2b", "inotify sdev:2b", "eventfd ino:1 sdev:2b"])
  func `malformed lines are no watches`(text: String) {
    #expect(KernelWatches.inodes(inDescriptorText: text, onDevice: 0x2b) == [])
  }

  @Test func `a mount's device is that of the topmost mount at its path`() {
    let table = """
      46 27 0:43 / /mnt rw,relatime - fuse.localstackmount here rw
      47 27 8:19 / /other rw - ext4 /dev/sdb3 rw
      48 46 0:300 / /mnt rw,relatime - fuse.localstackmount here rw
      """
    #expect(MountTable.device(at: "/mnt", in: table) == 300)
    #expect(MountTable.device(at: "/other", in: table) == UInt32(8_388_627))
    #expect(MountTable.device(at: "/none", in: table) == nil)
  }
}

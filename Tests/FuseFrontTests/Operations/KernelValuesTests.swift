import CFuse3
import Core
import Glibc
import Testing

@testable import FuseFront

struct KernelValuesTests {
  private let time = Timestamp(seconds: 5, nanoseconds: 7)

  @Test func `attributes are converted to struct stat`() {
    var attributes = Attributes(
      inode: InodeNumber(rawValue: 99), kind: .file, permissions: 0o640, owner: 1000, group: 100, size: 1025,
      modified: time)
    attributes.accessed = Timestamp(seconds: -1)
    let status = stat(attributes)
    #expect(status.st_ino == 99)
    #expect(status.st_mode == S_IFREG | 0o640)
    #expect(status.st_uid == 1000 && status.st_gid == 100)
    #expect(status.st_size == 1025 && status.st_blocks == 3)
    #expect(status.st_nlink == 1)
    #expect(status.st_mtim.tv_sec == 5 && status.st_mtim.tv_nsec == 7)
    #expect(status.st_atim.tv_sec == -1)
  }

  @Test func `every kind converts to a mode and back`() {
    for kind in FileKind.allCases { #expect(FileKind(mode: kind.modeBits | 0o644) == kind) }
    #expect(FileKind(mode: 0o644) == .file)
    #expect(FileKind(mode: S_IFMT | 0o644) == nil)
  }

  @Test func `open flags are those of open(2)`() {
    let (root, user) = (Caller(user: 0, group: 0), Caller(user: 1000, group: 1000))
    #expect(OpenFlags(kernel: O_RDONLY, by: root) == .read)
    #expect(OpenFlags(kernel: O_WRONLY | O_APPEND, by: root) == [.write, .append])
    #expect(OpenFlags(kernel: O_RDWR | O_TRUNC, by: root) == [.read, .write, .truncate])
    #expect(OpenFlags(kernel: O_WRONLY | O_CREAT | O_EXCL, by: root) == [.write, .exclusive])
    #expect(OpenFlags(kernel: O_WRONLY, by: user) == .write)
    #expect(OpenFlags(kernel: O_WRONLY | O_TRUNC, by: user) == [.write, .truncate, .clearsSetID])
  }

  @Test func `only the requested attributes change`() {
    var wanted = stat()
    wanted.st_mode = S_IFREG | 0o4755
    wanted.st_uid = 3
    wanted.st_size = 10
    wanted.st_mtim = timespec(tv_sec: 8, tv_nsec: 9)
    let mode = AttributeChanges(wanted, mask: FUSE_SET_ATTR_MODE)
    #expect(mode.permissions == 0o4755)
    #expect(mode.owner == nil && mode.size == nil && mode.modified == nil)
    let times = AttributeChanges(
      wanted, mask: FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW, now: time)
    #expect(times.modified == Timestamp(seconds: 8, nanoseconds: 9))
    #expect(times.accessed == time)
    #expect(AttributeChanges(wanted, mask: FUSE_SET_ATTR_CTIME).isEmpty)
  }

  @Test func `timeouts are in seconds`() {
    #expect(Duration.milliseconds(1500).inSeconds == 1.5)
    #expect(Duration.zero.inSeconds == 0)
  }

  @Test func `names that are not UTF-8 are refused`() {
    let latin: [CChar] = [CChar(bitPattern: 0xe9), 0]
    #expect(latin.withUnsafeBufferPointer { String(kernelName: $0.baseAddress) } == nil)
    #expect(Array("é\n".utf8CString).withUnsafeBufferPointer { String(kernelName: $0.baseAddress) } == "é\n")
  }

  @Test func `slices are passed in order, without copying them together`() {
    var data = ReadData([1, 2])
    data.append([3][...])
    data.append([4, 5, 6][1...])
    var seen: [UInt8] = []
    data.withUnsafeVectors { vectors in
      #expect(vectors.count == 3)
      for vector in vectors { seen += UnsafeRawBufferPointer(start: vector.iov_base, count: vector.iov_len) }
    }
    #expect(seen == [1, 2, 3, 5, 6])
  }
}

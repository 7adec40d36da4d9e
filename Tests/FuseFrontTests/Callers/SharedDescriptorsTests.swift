// SEMANTICS: 3.4
import Core
import Glibc
import Testing

@testable import FuseFront

@Suite("3.1 3.4 a file is saved by its last close") struct SharedDescriptorsTests {
  @Test func `the inode of a descriptor is read`() {
    let text = "pos:\t0\nflags:\t0100001\nmnt_id:\t81\nino:\t18446744073709551557\n"
    #expect(SharedDescriptors.inode(inDescriptorText: text) == InodeNumber(rawValue: 18_446_744_073_709_551_557))
    #expect(SharedDescriptors.inode(inDescriptorText: "pos:\t0\nflags:\t02\n") == nil)
    #expect(SharedDescriptors.inode(inDescriptorText: "") == nil)
  }

  @Test func `a descriptor opened with O_PATH is recognised`() {
    #expect(SharedDescriptors.isPathOnly(descriptorText: "pos:\t0\nflags:\t012000000\nmnt_id:\t81\n"))
    #expect(!SharedDescriptors.isPathOnly(descriptorText: "pos:\t0\nflags:\t0100002\nmnt_id:\t81\n"))
  }

  @Test func `a duplicate is found until its close`() throws {
    var template = Array("/tmp/descriptor-XXXXXX".utf8CString)
    let first = mkstemp(&template)
    try #require(first >= 0)
    // If it were unlinked, a file of another test could get the inode number.
    defer { unlink(template) }
    var status = stat()
    fstat(first, &status)
    let inode = InodeNumber(rawValue: UInt64(status.st_ino))
    let shared = SharedDescriptors(inode: inode, device: try device(of: first), handles: 1)
    let second = dup(first)
    close(first)
    #expect(shared.remain(closedBy: getpid(), openedBy: getpid()))
    close(second)
    #expect(!shared.remain(closedBy: getpid(), openedBy: getpid()))
  }

  @Test func `a descriptor of another open is no duplicate`() throws {
    var template = Array("/tmp/descriptor-XXXXXX".utf8CString)
    let first = mkstemp(&template)
    let other = open(template, O_RDWR)
    defer { unlink(template) }
    try #require(first >= 0 && other >= 0)
    defer { close(other) }
    var status = stat()
    fstat(first, &status)
    let shared = SharedDescriptors(
      inode: InodeNumber(rawValue: UInt64(status.st_ino)), device: try device(of: first), handles: 2)
    #expect(shared.remain(closedBy: getpid(), openedBy: nil))
    close(first)
    #expect(!shared.remain(closedBy: getpid(), openedBy: nil))
  }

  @Test func `nothing is assumed about a process that cannot be inspected`() {
    let shared = SharedDescriptors(inode: InodeNumber(rawValue: 1), device: "0:1", handles: 1)
    #expect(!shared.remain(closedBy: 0, openedBy: nil))
  }

  @Test func `a file of the same inode number in another mount is another file`() throws {
    var template = Array("/tmp/descriptor-XXXXXX".utf8CString)
    let first = mkstemp(&template)
    try #require(first >= 0)
    unlink(template)
    defer { close(first) }
    var status = stat()
    fstat(first, &status)
    let inode = InodeNumber(rawValue: UInt64(status.st_ino))
    func remains(_ device: String?) -> Bool {
      SharedDescriptors(inode: inode, device: device, handles: 1).remain(closedBy: getpid(), openedBy: nil)
    }
    #expect(remains(try device(of: first)))
    #expect(!remains("0:9999"))
    #expect(!remains(nil))
  }

  /// Returns the device of the mount that a descriptor is on, as mountinfo writes it.
  private func device(of descriptor: Int32) throws -> String {
    let text = try #require(ProcFile.contents("/proc/self/fdinfo/\(descriptor)"))
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("mnt_id:") })
    let id = line.dropFirst("mnt_id:".count).drop { $0 == "\t" }
    let mounts = try #require(ProcFile.contents("/proc/self/mountinfo")).split(separator: "\n")
    return try String(#require(mounts.map { $0.split(separator: " ") }.first { $0[0] == id })[2])
  }
}

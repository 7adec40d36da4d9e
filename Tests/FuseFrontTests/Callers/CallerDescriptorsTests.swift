import Core
import Glibc
import Testing

@testable import FuseFront

struct CallerDescriptorsTests {
  @Test func `the inode of a descriptor is read`() {
    let text = "pos:\t0\nflags:\t0100001\nmnt_id:\t81\nino:\t18446744073709551557\n"
    #expect(CallerDescriptors.inode(inDescriptorText: text) == InodeNumber(rawValue: 18_446_744_073_709_551_557))
    #expect(CallerDescriptors.inode(inDescriptorText: "pos:\t0\nflags:\t02\n") == nil)
    #expect(CallerDescriptors.inode(inDescriptorText: "") == nil)
  }

  @Test func `a duplicate is found, and no longer after its close`() throws {
    var template = Array("/tmp/descriptor-XXXXXX".utf8CString)
    let first = mkstemp(&template)
    try #require(first >= 0)
    unlink(template)
    var status = stat()
    fstat(first, &status)
    let inode = InodeNumber(rawValue: UInt64(status.st_ino))
    let second = dup(first)
    close(first)
    #expect(CallerDescriptors.includes(inode, ofThread: getpid()))
    close(second)
    #expect(!CallerDescriptors.includes(inode, ofThread: getpid()))
  }

  @Test func `of a process that cannot be looked at nothing is assumed`() {
    #expect(!CallerDescriptors.includes(InodeNumber(rawValue: 1), ofThread: 0))
  }
}

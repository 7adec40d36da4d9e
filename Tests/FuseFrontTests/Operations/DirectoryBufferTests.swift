import Core
import Testing

@testable import FuseFront

struct DirectoryBufferTests {
  private let attributes = Attributes(
    inode: InodeNumber(rawValue: 77), kind: .file, permissions: 0o644, owner: 0, group: 0, size: 1,
    modified: Timestamp(seconds: 0))

  /// Returns inode, next position and name of each struct fuse_dirent (linux/fuse.h), each after `skipping` bytes.
  private func parsed(_ buffer: DirectoryBuffer, skipping: Int = 0) -> [(inode: UInt64, next: UInt64, name: String)] {
    var found: [(UInt64, UInt64, String)] = []
    buffer.withBytes { bytes in
      var place = 0
      while place < bytes.count {
        let start = place + skipping
        let length = Int(bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self))
        found.append(
          (
            bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self),
            bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self),
            String(decoding: bytes[(start + 24)..<(start + 24 + length)], as: UTF8.self)
          ))
        place = start + (24 + length + 7) / 8 * 8
      }
    }
    return found
  }

  @Test func `the entries . and .. come first, each with the position after it`() {
    var buffer = DirectoryBuffer(size: 4096, kind: .names)
    let isFull = buffer.addDots(of: InodeNumber(rawValue: 5), from: 0)
    #expect(!isFull)
    let entries = parsed(buffer)
    #expect(entries.map(\.name) == [".", ".."])
    #expect(entries.map(\.next) == [1, 2])
    #expect(entries[0].inode == 5)
  }

  @Test(arguments: [(0, [".", ".."]), (1, [".."]), (2, []), (9, [])])
  func `a continued listing leaves out entries that were returned`(offset: Int, names: [String]) {
    var buffer = DirectoryBuffer(size: 4096, kind: .names)
    let isFull = buffer.addDots(of: .root, from: offset)
    #expect(!isFull)
    #expect(parsed(buffer).map(\.name) == names)
  }

  @Test func `entries that the kernel must not count have no inode number`() {
    var buffer = DirectoryBuffer(size: 4096, kind: .entries)
    buffer.add("counted", Entry(attributes: attributes, validFor: .seconds(1)), next: 3)
    buffer.add("bare", attributes, next: 4)
    let entries = parsed(buffer, skipping: 128)
    #expect(entries.map(\.name) == ["counted", "bare"])
    #expect(entries.map(\.inode) == [77, 77])
    // struct fuse_entry_out begins with the kernel's number of the inode.
    buffer.withBytes { bytes in
      #expect(bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self) == 77)
      #expect(bytes.loadUnaligned(fromByteOffset: 160, as: UInt64.self) == 0)
    }
  }

  @Test(arguments: [DirectoryBuffer.Kind.names, .entries])
  func `the buffer is filled as far as whole entries fit`(kind: DirectoryBuffer.Kind) {
    var buffer = DirectoryBuffer(size: 4096, kind: kind)
    var count = 0
    while buffer.hasRoom(for: "a") {
      buffer.add("a", attributes, next: 1)
      count += 1
    }
    #expect(count == 4096 / (kind == .names ? 32 : 160))
    #expect(count <= buffer.mostEntries)
    #expect(parsed(buffer, skipping: kind == .names ? 0 : 128).count == count)
  }
}

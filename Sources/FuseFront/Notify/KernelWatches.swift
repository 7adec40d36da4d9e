internal import Core
private import Glibc

/// The inotify watches that processes hold on one mount, from /proc/PID/fdinfo (proc(5)).
///
/// The kernel does not inform a FUSE server about watches. It shows them here, for the processes that this user may
/// inspect: the user's own, or all for root.
enum KernelWatches {
  /// A process with more descriptors is not searched further.
  private static let mostDescriptors = 4096

  /// Returns the watched inodes of the mount with that device number (major << 20 | minor). Reads links and small texts
  /// of /proc; blocks for as long as that takes.
  static func inodes(onDevice device: UInt32) -> Set<InodeNumber> {
    var found: Set<InodeNumber> = []
    for process in ProcFile.names(in: "/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      let folder = "/proc/\(process)/fd"
      for descriptor in ProcFile.names(in: folder).prefix(mostDescriptors) where isInotify("\(folder)/\(descriptor)") {
        guard let text = ProcFile.contents("/proc/\(process)/fdinfo/\(descriptor)") else { continue }
        found.formUnion(inodes(inDescriptorText: text, onDevice: device))
      }
    }
    return found
  }

  /// Returns the inodes in the text of one /proc/PID/fdinfo/N, with lines like `inotify wd:1 ino:9e sdev:2b mask:…`.
  static func inodes(inDescriptorText text: some StringProtocol, onDevice device: UInt32) -> [InodeNumber] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("inotify ") else { return nil }
      var inode: UInt64?
      var isHere = false
      for field in line.split(separator: " ") {
        if field.hasPrefix("ino:") { inode = UInt64(field.dropFirst(4), radix: 16) }
        if field.hasPrefix("sdev:") { isHere = UInt32(field.dropFirst(5), radix: 16) == device }
      }
      return isHere ? inode.map(InodeNumber.init(rawValue:)) : nil
    }
  }

  /// Compares the link in the buffer that it was read into: most descriptors are something else, and strings cost time.
  private static func isInotify(_ path: String) -> Bool {
    let wanted = "anon_inode:inotify"
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: wanted.utf8.count + 1) { buffer in
      let count = readlink(path, buffer.baseAddress!, buffer.count)
      return count == wanted.utf8.count && memcmp(buffer.baseAddress!, wanted, count) == 0
    }
  }
}

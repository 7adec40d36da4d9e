internal import Core

/// Whether a process has a file open, from /proc/PID/fdinfo (proc(5)).
///
/// A shell that runs `echo hi > f` opens f, duplicates the descriptor to 1 and closes the first: without this look the
/// mount would upload an empty object at that close. By the time of the FLUSH request the closed descriptor is out of
/// the table already, so that any that is left is another one.
///
/// Only `ino:` is compared, which the kernel shows since 5.14 and without asking the mount; `mnt_id` would differ by
/// mount namespace, and inode numbers of 64 bits made from a hash meet another file's hardly ever. If they do, or if a
/// descriptor of another open(2) is taken for a duplicate, only the upload of a file that was never written waits for
/// its last close. If the process cannot be looked at, no other descriptor is assumed: then it is uploaded at once.
enum CallerDescriptors {
  /// A process with more descriptors is not searched further: this runs while it waits in close(2).
  private static let mostDescriptors = 1024

  static func includes(_ inode: InodeNumber, ofThread thread: Int32) -> Bool {
    guard thread > 0 else { return false }
    let folder = "/proc/\(thread)/fdinfo"
    return ProcFile.names(in: folder).prefix(mostDescriptors).contains { name in
      ProcFile.contents("\(folder)/\(name)").flatMap(inode(inDescriptorText:)) == inode
    }
  }

  /// The inode that the text of one /proc/PID/fdinfo/N names.
  static func inode(inDescriptorText text: some StringProtocol) -> InodeNumber? {
    for line in text.split(separator: "\n") where line.hasPrefix("ino:") {
      return UInt64(line.dropFirst(4).drop { $0 == " " || $0 == "\t" }).map(InodeNumber.init(rawValue:))
    }
    return nil
  }
}

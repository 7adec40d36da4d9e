private import CFuse3
internal import Core

/// Searches for other descriptors of an open file when one is closed, so that the file is saved by the last close only.
///
/// The kernel sends FLUSH at each close(2): even when a shell that runs `echo hi > f` closes the descriptor that it has
/// duplicated to 1, and when a forked child closes its copy at exec(3) while its parent has written half of the file.
/// By the time of the request the closed descriptor has left its table already, so that any that remains is another
/// one.
///
/// Searches in /proc/PID/fdinfo (proc(5)) the closing process, the one that opened the file, and the ancestors of the
/// first. A process that closes its file while a *child* still has a copy of it is saved at once: such copies are often
/// kept by accident, and the writer expects its bytes in S3. Processes that cannot be inspected count as having no
/// descriptors: then the file is saved at this close.
///
/// A process in execve(2) is not inspected: the kernel makes readers of its descriptors wait for the end of execve,
/// which itself waits for the answer to FLUSH if a descriptor is closed on exec. No deadlock remains: a process that is
/// waited for has begun its execve after the one that waits.
struct SharedDescriptors {
  let inode: InodeNumber
  /// The mount's device, as in mountinfo ("0:52"). Another mount of the same bucket, even a dead one, has the same
  /// inode numbers. With `nil`, none is found, and each close saves.
  let device: String?
  /// How many handles of the file are open, including that of the closed descriptor.
  let handles: Int

  /// The limit of descriptors to search in a process: it waits in close(2) meanwhile.
  private static let mostDescriptors = 1024
  private static let mostAncestors = 8

  private struct Descriptor {
    var process: Int32
    var number: Int32
  }

  /// Returns whether another descriptor of the same open(2) exists.
  func remain(closedBy thread: Int32, openedBy opener: Int32?) -> Bool {
    guard let closing = ProcessStatus(thread) else { return false }
    var found = descriptors(of: closing)
    if handles == 1, !found.isEmpty { return true }
    if let opener, opener != thread { found += others(than: closing, opener) }
    // Each other handle has its own descriptor somewhere.
    return handles == 1 ? !found.isEmpty : distinct(found) >= handles
  }

  /// Returns the descriptors of the opener and of the closing process's ancestors, unless they are that process.
  private func others(than closing: ProcessStatus, _ opener: Int32) -> [Descriptor] {
    var process = closing
    var seen: Set<Int32> = [process.group]
    var found: [Descriptor] = []
    func look(at process: ProcessStatus) {
      guard seen.insert(process.group).inserted else { return }
      found += descriptors(of: process)
    }
    if let opener = ProcessStatus(opener) { look(at: opener) }
    for _ in 0..<Self.mostAncestors {
      guard process.parent > 1, let parent = ProcessStatus(process.parent) else { break }
      look(at: parent)
      process = parent
    }
    return found
  }

  /// Returns a process's descriptors of the file. Compares `ino:`, which the kernel shows since 5.14, and the device of
  /// `mnt_id:` in the process's own table of mounts. Neither sends a request to the mount.
  private func descriptors(of status: ProcessStatus) -> [Descriptor] {
    guard let device, !status.isExecuting else { return [] }
    let process = status.group
    // With bind mounts, more than one mount has the device.
    lazy var mounts = MountTable(text: ProcFile.contents("/proc/\(process)/mountinfo") ?? "").rows
      .filter { $0.device == device }
    func isOfThisMount(_ id: Substring) -> Bool { mounts.contains { $0.identifier == id } }
    return ProcFile.names(in: "/proc/\(process)/fd").prefix(Self.mostDescriptors).compactMap { name in
      guard let number = Int32(name), let link = ProcFile.link("/proc/\(process)/fd/\(name)"),
        // Most belong to no mount: terminals, pipes, sockets.
        link.hasPrefix("/"), !link.hasPrefix("/dev/"), !link.hasPrefix("/proc/"),
        let text = ProcFile.contents("/proc/\(process)/fdinfo/\(name)"),
        Self.inode(inDescriptorText: text) == inode, !Self.isPathOnly(descriptorText: text),
        let mount = Self.value("mnt_id:", inDescriptorText: text),
        isOfThisMount(mount)
      else { return nil }
      return Descriptor(process: process, number: number)
    }
  }

  /// Returns how many open(2) calls the descriptors belong to.
  private func distinct(_ descriptors: [Descriptor]) -> Int {
    var kinds: [Descriptor] = []
    for other in descriptors
    where !kinds.contains(where: {
      cfuse_is_same_description($0.process, $0.number, other.process, other.number) != 0
    }) {
      kinds.append(other)
    }
    return kinds.count
  }

  /// Returns the inode in the text of one /proc/PID/fdinfo/N.
  static func inode(inDescriptorText text: some StringProtocol) -> InodeNumber? {
    value("ino:", inDescriptorText: Substring(text)).flatMap { UInt64($0) }.map(InodeNumber.init(rawValue:))
  }

  /// O_PATH of open(2), which the C library defines only with GNU's extensions enabled.
  private static let pathOnly: Int32 = 0o10000000

  /// Returns whether the descriptor was opened with O_PATH: it is not an open file, and its close saves nothing.
  static func isPathOnly(descriptorText text: some StringProtocol) -> Bool {
    value("flags:", inDescriptorText: text).flatMap { Int32($0, radix: 8) }.map { $0 & Self.pathOnly != 0 } ?? false
  }

  private static func value(_ name: String, inDescriptorText text: some StringProtocol) -> Substring? {
    let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.map { Substring($0.dropFirst(name.count).drop { $0 == " " || $0 == "\t" }) }
  }
}

/// The process that a thread belongs to, and its parent, from /proc/PID/status.
private struct ProcessStatus {
  var group: Int32 = 0
  var parent: Int32 = 0
  /// Whether the process is in execve(2), or has no memory any more: its code has no size ("VmExe"). Other files of such a
  /// process may block until the end of its execve; this one does not.
  var isExecuting = true

  /// Returns `nil` if there is no such thread, or it is hidden.
  init?(_ thread: Int32) {
    guard thread > 0, let text = ProcFile.contents("/proc/\(thread)/status") else { return nil }
    for line in text.split(separator: "\n") {
      let isDigit: (Character) -> Bool = { ("0"..."9").contains($0) }
      let value = { Int32(line.drop { !isDigit($0) }.prefix(while: isDigit)) ?? 0 }
      if line.hasPrefix("Tgid:") { group = value() }
      if line.hasPrefix("PPid:") { parent = value() }
      if line.hasPrefix("VmExe:") { isExecuting = value() == 0 }
    }
    guard group > 0 else { return nil }
  }
}

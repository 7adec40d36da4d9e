private import Glibc

/// How far the kernel reads ahead in a mount's files.
///
/// It caps what the connection asks for at 128 KiB, so that a READ is never larger. Root may set more, per mount: then
/// a sequential reader's READs are as large as FUSE allows, an eighth as many.
enum KernelReadahead {
  /// Without the right to it nothing changes. Asks nothing of the mount itself.
  static func widen(for mountPoint: String) {
    guard let device = MountTable.current().row(at: mountPoint)?.device else { return }
    let file = open("/sys/class/bdi/\(device)/read_ahead_kb", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    let size = String(FuseOptions.largestTransfer >> 10)
    _ = size.withCString { write(file, $0, strlen($0)) }
    close(file)
  }
}

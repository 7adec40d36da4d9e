private import Glibc

/// Sets how far the kernel reads ahead in a mount's files.
///
/// The kernel limits the connection's own value to 128 KiB, so that a READ is never larger. Root may set more for a
/// mount: then a sequential reader's READs are as large as FUSE allows, an eighth as many.
enum KernelReadahead {
  /// Changes nothing without the permission to do so. Sends no request to the mount itself.
  static func widen(for mountPoint: String) {
    guard let device = MountTable.current().row(at: mountPoint)?.device else { return }
    let file = open("/sys/class/bdi/\(device)/read_ahead_kb", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    let size = String(FuseOptions.largestTransfer >> 10)
    _ = size.withCString { write(file, $0, strlen($0)) }
    close(file)
  }
}

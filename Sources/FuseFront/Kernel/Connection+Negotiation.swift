internal import CFuse3
private import Glibc

extension fuse_conn_info {
  /// Chooses sizes and capabilities (libfuse's fuse_common.h) of those that the kernel offers.
  mutating func negotiate() {
    max_write = FuseOptions.largestTransfer
    max_read = FuseOptions.largestTransfer
    // The kernel limits it (128 KiB unless root raises it for the mount); Core itself reads further ahead.
    max_readahead = FuseOptions.largestTransfer
    // Readahead requests are "background" requests, of which the kernel sends 12 at once by default: few for a remote
    // store.
    max_background = 64
    congestion_threshold = 48
    for capability in Self.wanted { want |= capability & capable }
    for capability in Self.unwanted { want &= ~capability }
  }

  private static let wanted: [UInt32] = [
    // A listing returns attributes, and with AUTO only when the reader turns out to need them.
    UInt32(FUSE_CAP_READDIRPLUS), UInt32(FUSE_CAP_READDIRPLUS_AUTO),
    // Lookups and listings in one directory in parallel.
    UInt32(FUSE_CAP_PARALLEL_DIROPS),
    UInt32(FUSE_CAP_ASYNC_READ), UInt32(FUSE_CAP_ASYNC_DIO),
    // O_TRUNC is part of the open: emptying and rewriting a file is one upload, not two.
    UInt32(FUSE_CAP_ATOMIC_O_TRUNC),
  ]

  private static let unwanted: [UInt32] = [
    // With it the kernel trusts its own size and mtime and ignores ours: external changes would not be seen.
    UInt32(FUSE_CAP_WRITEBACK_CACHE),
    // With AUTO the kernel drops a file's pages when its mtime changes, so even when S3's time replaces ours after an
    // upload; with EXPLICIT it keeps them even when the size changes, and shows zeros in the last page. Without both it
    // drops them with the size, which is right; any other change of contents is found at open or notified.
    UInt32(FUSE_CAP_AUTO_INVAL_DATA), UInt32(FUSE_CAP_EXPLICIT_INVAL_DATA),
    // Without it the kernel itself clears the set-user-id bits, by a SETATTR with these.
    UInt32(FUSE_CAP_HANDLE_KILLPRIV),
    // An inode that the kernel forgot cannot be found by number alone, as NFS would require.
    UInt32(FUSE_CAP_EXPORT_SUPPORT),
    // Another client may change a link's target, and nothing would invalidate the old one.
    UInt32(FUSE_CAP_CACHE_SYMLINKS),
    // Answers come from memory: measurements show that one write of it costs less than splicing pages.
    UInt32(FUSE_CAP_SPLICE_READ), UInt32(FUSE_CAP_SPLICE_WRITE), UInt32(FUSE_CAP_SPLICE_MOVE),
    UInt32(FUSE_CAP_POSIX_ACL), UInt32(FUSE_CAP_DONT_MASK),
  ]
}

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

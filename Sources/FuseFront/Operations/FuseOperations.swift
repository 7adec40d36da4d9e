internal import CFuse3
internal import Core
internal import Dispatch
internal import Glibc

/// The callbacks of libfuse's low-level API.
///
/// Each is a few lines: read the arguments, query Core's memory and answer at once, or else leave the answer to a Task.
/// None ever waits: a callback that blocks takes a thread from all others. Each request gets exactly one reply, see
/// `FuseReply`. The kernel's terms (inode, lookup count, entry) are Core's too; this module knows nothing of S3.
///
/// Not in the table, and why: `access` (default_permissions: the kernel checks by the attributes), `getlk setlk flock`
/// (the kernel keeps locks itself, local to the mount), `write_buf` (splicing into a pipe and out again costs more than
/// the one copy into Core's memory), `bmap`, `poll` and `retrieve_reply` (have no meaning here).
enum FuseOperations {
  /// Negotiates the capabilities of the connection when the kernel initialises it.
  static func start(userData: UnsafeMutableRawPointer?, connection: UnsafeMutablePointer<fuse_conn_info>?) {
    guard let connection, let userData else { return }
    connection.pointee.negotiate()
    Unmanaged<FuseContext>.fromOpaque(userData).takeUnretainedValue().isReady.signal()
  }

  /// Does nothing: the mount ends in `FuseMount.end`.
  static func end(userData: UnsafeMutableRawPointer?) {}
}

extension String {
  /// Converts a name or target from the kernel; nil if it is not UTF-8, as every S3 key is.
  init?(kernelName name: UnsafePointer<CChar>?) {
    guard let name else { return nil }
    self.init(validatingCString: name)
  }
}

internal import CFuse3
internal import Core
internal import Dispatch
internal import Glibc

/// The callbacks of libfuse's low-level API.
///
/// Each is a few lines: read the arguments, ask Core's memory and answer at once, or else leave the answer to a Task.
/// None ever waits: a callback that blocks takes a thread from all others. Each request gets exactly one reply, see
/// `FuseReply`. The kernel's words (inode, lookup count, entry) are Core's too; what S3 is nobody knows here.
///
/// Not in the table, and why: `access` (default_permissions: the kernel checks by the attributes), `getlk setlk flock`
/// (the kernel keeps locks itself, local to the mount), `write_buf` (splicing into a pipe and out again costs more than
/// the one copy into Core's memory), `bmap`, `poll` and `retrieve_reply` (mean nothing here).
enum FuseOperations {
  /// The kernel greets: what the connection shall be able to do.
  static func start(userData: UnsafeMutableRawPointer?, connection: UnsafeMutablePointer<fuse_conn_info>?) {
    guard let connection, let userData else { return }
    connection.pointee.negotiate()
    Unmanaged<FuseContext>.fromOpaque(userData).takeUnretainedValue().isReady.signal()
  }

  /// Nothing to do: the mount ends in `FuseMount.end`.
  static func end(userData: UnsafeMutableRawPointer?) {}
}

extension String {
  /// A name or target as the kernel gives it; nil if it is not UTF-8, as every S3 key is.
  init?(kernelName name: UnsafePointer<CChar>?) {
    guard let name else { return nil }
    self.init(validatingCString: name)
  }
}

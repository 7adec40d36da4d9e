internal import CFuse3
internal import Core

/// A libfuse session, to send notifications through.
///
/// `@unchecked Sendable`: libfuse's notifications may be sent from any thread; the session outlives every request that
/// is in flight, and those who hold this.
struct KernelSession: @unchecked Sendable {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  /// Makes the kernel ask for the attributes again, and drops no pages. Unlike the other notifications it may be sent
  /// while requests are under way: with a negative offset the kernel only marks the inode (fuse_reverse_inval_inode),
  /// and takes none of the locks for which a request could be waiting.
  func invalidateAttributes(of inode: InodeNumber) {
    fuse_lowlevel_notify_inval_inode(pointer, inode.rawValue, -1, 0)
  }
}

internal import CFuse3
internal import Core

/// A libfuse session, for sending notifications.
///
/// `@unchecked Sendable`: libfuse's notifications may be sent from any thread; the session outlives every request that
/// is in flight, and every holder of this value.
struct KernelSession: @unchecked Sendable {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { self.pointer = pointer }

  /// Invalidates the kernel's cached attributes, and keeps its pages. Unlike the other notifications it may be sent
  /// while requests are in flight: with a negative offset the kernel only marks the inode (fuse_reverse_inval_inode),
  /// and takes none of the locks for which a request could be waiting.
  func invalidateAttributes(of inode: InodeNumber) {
    fuse_lowlevel_notify_inval_inode(pointer, inode.rawValue, -1, 0)
  }
}

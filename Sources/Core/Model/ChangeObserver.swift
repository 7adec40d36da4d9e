/// Is told of changes that did not come through the kernel (the other front, an upload that ended, a change seen in
/// S3), so that FuseFront can invalidate what the kernel caches.
///
/// Called on any thread while operations are under way: implementations must only queue, never block or call back. Who
/// must know that the news has arrived waits for `settled` afterwards.
public protocol ChangeObserver: AnyObject, Sendable {
  /// Attributes, and with `contents` also the bytes, of an inode are no longer what the kernel may have cached.
  func inodeChanged(_ inode: InodeNumber, contents: Bool)
  /// A name appeared, or stands for something else now.
  func entryChanged(_ name: String, in parent: InodeNumber)
  /// A name is gone.
  func entryRemoved(_ name: String, in parent: InodeNumber, child: InodeNumber?)
  /// A name is known to the kernel that nobody uses: there are more than there is memory for.
  func entryIsSurplus(_ name: String, in parent: InodeNumber)
  /// Returns when all that was told so far has arrived, or cannot arrive soon.
  func settled() async
}

/// One change of a directory's visible contents, by any client.
public struct ObjectChange: Hashable, Sendable {
  public enum Kind: String, Sendable { case created, changed, deleted }

  public var kind: Kind
  /// Ends in "/" for a directory; a bucket has no key.
  public var path: ObjectPath
  /// In bytes; nil for directories, buckets, and what is gone.
  public var size: Int64?
  public var modified: Timestamp?
  public var etag: ETag?
  public var origin = ChangeOrigin.elsewhere
}

/// The source of a change, as far as the kernel's own watchers (inotify) need to know.
public enum ChangeOrigin: Sendable {
  /// The mount: the kernel made the change itself, and has notified its watchers.
  case mount
  /// The gateway, or another client of S3.
  case elsewhere

  /// The origin of changes by the current Task. The gateway sets it for each of its requests; no other code needs to.
  @TaskLocal public static var current = ChangeOrigin.mount
}

/// Receives changes that did not come through the kernel (the other front end, an upload that ended, a change seen in
/// S3), so that FuseFront can invalidate what the kernel caches.
///
/// Called on any thread while operations are in progress: implementations must only queue, never block or call back. A
/// caller that must know that its notifications were delivered waits for `settled` afterwards.
public protocol ChangeObserver: AnyObject, Sendable {
  /// Invalidates the cached attributes of an inode, and with `contents` also its bytes.
  func inodeChanged(_ inode: InodeNumber, contents: Bool)
  /// Notifies that a name appeared, or names something else now.
  func entryChanged(_ name: String, in parent: InodeNumber)
  /// Notifies that a name is gone.
  func entryRemoved(_ name: String, in parent: InodeNumber, child: InodeNumber?)
  /// Notifies that the kernel knows an unused name: there are more than there is memory for.
  func entryIsSurplus(_ name: String, in parent: InodeNumber)
  /// Returns when all notifications so far have been delivered, or cannot be delivered soon.
  func settled() async
}

/// One change of what a directory shows, whoever made it.
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

/// Whose change it was, as far as the kernel's own watchers (inotify) need to know.
public enum ChangeOrigin: Sendable {
  /// The mount's: the kernel made the change itself, and has told its watchers.
  case mount
  /// The gateway's, or another client's of S3.
  case elsewhere

  /// Of what the present Task changes. The gateway sets it for each of its requests; nothing else needs to.
  @TaskLocal public static var current = ChangeOrigin.mount
}

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

/// Whose change it was, as far as the kernel's own watchers (inotify) need to know.
public enum ChangeOrigin: Sendable {
  /// The mount's: the kernel made the change itself, and has told its watchers.
  case mount
  /// The gateway's, or another client's of S3.
  case elsewhere

  /// Of what the present Task changes. The gateway sets it for each of its requests; nothing else needs to.
  @TaskLocal public static var current = ChangeOrigin.mount
}

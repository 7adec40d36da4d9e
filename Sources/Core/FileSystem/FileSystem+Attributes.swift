import S3
import Synchronization

// How S3's facts become POSIX attributes.

extension FileSystem {
  /// The attributes of an object, from what a listing tells and from its headers where they are known.
  func attributes(
    of reference: ObjectReference, facts: ObjectFacts, inode: InodeNumber
  ) -> Attributes {
    let head = metadata.withLock { $0.head(of: reference, matching: facts) }
    let posix = PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:])
    return attributes(posix, kind: posix.kind ?? .file, size: facts.size, time: facts.lastModified, inode: inode)
  }

  /// The attributes of an open or unsaved file.
  func attributes(of state: FileContent.State, inode: InodeNumber) -> Attributes {
    let time = state.posix.modified ?? state.lastModified
    return attributes(state.posix, kind: state.posix.kind ?? .file, size: state.size, time: time, inode: inode)
  }

  func attributes(of content: FileContent, inode: InodeNumber) -> Attributes {
    content.with { state -> Attributes in attributes(of: state, inode: inode) }
  }

  /// The attributes of a directory: those of its marker where it has one that is known, else defaults.
  func attributes(of location: DirectoryLocation) -> Attributes {
    let marker = directories.withLock { $0.marker(of: location, now: time.now()) }
    let head =
      marker.map { facts in metadata.withLock { $0.head(of: location.marker, matching: facts) } }
      ?? metadata.withLock { $0.latest(of: location.marker) }
    let posix = PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:])
    // A prefix has no time of its own; its bucket's is at least stable.
    let fallback = marker?.lastModified ?? head?.lastModified ?? buckets.withLock { $0.created(location.bucket) }
    let inode = inodes.withLock { $0.number(for: .directory(location)) }
    return attributes(
      posix, kind: .directory, size: 0, time: fallback ?? begun, inode: inode)
  }

  /// The root has the time of its newest bucket, as far as the buckets were ever listed.
  func rootAttributes() -> Attributes {
    let newest = buckets.withLock { $0.newest }
    return attributes(PosixMetadata(), kind: .directory, size: 0, time: newest ?? begun, inode: .root)
  }

  private func attributes(
    _ posix: PosixMetadata, kind: FileKind, size: Int64, time: Timestamp, inode: InodeNumber
  ) -> Attributes {
    let permissions: UInt32 =
      switch kind {
      case .directory: 0o777 & ~options.umask
      case .symbolicLink: 0o777
      default: 0o666 & ~options.umask
      }
    let modified = posix.modified ?? time
    var attributes = Attributes(
      inode: inode, kind: kind, permissions: posix.permissions ?? permissions,
      owner: posix.owner ?? options.owner, group: posix.group ?? options.group,
      size: kind == .file || kind == .symbolicLink ? size : 0,
      modified: modified, accessed: posix.accessed ?? modified, changed: posix.changed ?? time)
    attributes.device = posix.device ?? 0
    return attributes
  }
}

import S3
import Synchronization

// How S3's facts become POSIX attributes.

extension FileSystem {
  /// The attributes of an object, from what a listing tells and from its headers where they are known.
  func attributes(
    of reference: ObjectReference, facts: ObjectFacts, inode: InodeNumber
  ) -> Attributes {
    let head = metadata.withLock { $0.head(of: reference, matching: facts) }
    let posix =
      posixHere(of: reference, facts.version) ?? PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:])
    return attributes(posix, kind: posix.kindOfObject, size: facts.size, time: facts.lastModified, inode: inode)
  }

  /// The attributes of an open or unsaved file.
  func attributes(of state: OpenFile, inode: InodeNumber) -> Attributes {
    let time = state.posix.modified ?? state.lastModified
    return attributes(state.posix, kind: state.posix.kindOfObject, size: state.size, time: time, inode: inode)
  }

  func attributes(of content: FileContent, inode: InodeNumber) -> Attributes {
    content.with { state -> Attributes in attributes(of: state, inode: inode) }
  }

  /// The attributes of a directory: those of its marker where it has one that is known, else defaults.
  func attributes(of location: DirectoryLocation) -> Attributes {
    let (marker, touched) = directories.withLock { cache in
      (cache.marker(of: location, within: horizon), cache.times[.directory(location)])
    }
    let head =
      marker.flatMap { facts in metadata.withLock { $0.head(of: location.marker, matching: facts) } }
      ?? metadata.withLock { $0.latest(of: location.marker) }
    let posix =
      (location.isBucket || options.plain ? attributesHere.withLock { $0[.directory(location)] } : nil)
      ?? PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:])
    // A prefix has no time of its own; its bucket's is at least stable.
    let fallback = marker?.lastModified ?? head?.lastModified ?? buckets.withLock { $0.created(location.bucket) }
    let inode = inodes.withLock { $0.number(for: .directory(location)) }
    return attributes(
      posix, kind: .directory, size: 0, time: fallback ?? begun, inode: inode
    ).touched(at: touched)
  }

  /// The group of what a caller makes in a directory: the directory's own where that has the set-group-ID bit, which
  /// new directories in it have, too (inode(7)).
  func groupForNew(in location: DirectoryLocation, by caller: Caller) -> (group: UInt32, isInherited: Bool) {
    let above = attributes(of: location)
    let isInherited = above.permissions & 0o2000 != 0
    return (isInherited ? above.group : caller.group, isInherited)
  }

  /// The root has the time of its newest bucket, as far as the buckets were ever listed.
  func rootAttributes() -> Attributes {
    let newest = buckets.withLock { $0.newest }
    let touched = directories.withLock { $0.times[.root] }
    let posix = attributesHere.withLock { $0[.root] } ?? PosixMetadata()
    return attributes(
      posix, kind: .directory, size: 0, time: newest ?? begun, inode: .root
    ).touched(at: touched)
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

extension Attributes {
  /// Those of a directory in which names were seen to come or go at a time.
  fileprivate func touched(at time: Timestamp?) -> Self {
    guard let time else { return self }
    var touched = self
    (touched.modified, touched.changed) = (max(modified, time), max(changed, time))
    return touched
  }
}

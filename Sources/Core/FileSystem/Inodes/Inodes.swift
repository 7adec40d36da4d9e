import S3
import Synchronization

/// The inodes and handles that the kernel holds, and their attributes.
public final class Inodes: FileSystemPart {
  let knowledge: Knowledge
  var common: Common { knowledge.common }
  let table: Mutex<InodeTable>
  let handles = Mutex(HandleTable())

  init(_ knowledge: Knowledge, capacity: Int) {
    self.knowledge = knowledge
    table = Mutex(InodeTable(capacity: capacity, names: knowledge.nameMemory))
  }

  func openHandle(_ handle: FileHandle) throws(FileSystemError) -> OpenHandle {
    guard let open = handles.withLock({ $0[handle] }) else {
      throw FileSystemError(.badHandle, "file handle \(handle.rawValue) is not open")
    }
    return open
  }

  /// Gives the name another inode if the object is another version than the one that is open (`InodeTable.separate`):
  /// according to what is known of it now, as the version that was examined may be older than what was saved here
  /// since.
  @discardableResult
  func separate(_ reference: ObjectReference, from etag: ETag?) -> Bool {
    guard table.withLock({ $0.isOther(reference, than: etag) }) else { return false }
    let known = knowledge.directories.withLock { $0.object(at: reference, within: horizon) }
    if let known, known.facts?.etag != etag { return false }
    return table.withLock { $0.separate(reference, from: etag) }
  }
}
extension Inodes {
  /// Returns the attributes of an object, from a listing and from its headers where they are known.
  func attributes(
    of reference: ObjectReference, facts: ObjectFacts, inode: InodeNumber
  ) -> Attributes {
    let head = knowledge.metadata.withLock { $0.head(of: reference, matching: facts) }
    let posix =
      posixHere(of: reference, facts.version) ?? PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:])
    return attributes(posix, kind: posix.kindOfObject, size: facts.size, time: facts.lastModified, inode: inode)
  }

  /// Returns the attributes of an open or unsaved file.
  func attributes(of state: OpenFile, inode: InodeNumber) -> Attributes {
    let time = state.posix.modified ?? state.lastModified
    return attributes(state.posix, kind: state.posix.kindOfObject, size: state.size, time: time, inode: inode)
  }

  func attributes(of content: FileContent, inode: InodeNumber) -> Attributes {
    content.with { state -> Attributes in attributes(of: state, inode: inode) }
  }

  /// Returns the attributes of a directory: those of its marker where it has one that is known, else defaults.
  func attributes(of location: DirectoryLocation) -> Attributes {
    attributes(of: location, inode: table.withLock { $0.number(for: .directory(location)) })
  }

  /// The same for a directory whose number is known.
  func attributes(of location: DirectoryLocation, inode: InodeNumber) -> Attributes {
    let (marker, touched) = knowledge.directories.withLock { cache in
      (cache.marker(of: location, within: horizon), cache.times[.directory(location)])
    }
    let head = knowledge.metadata.withLock { memory in
      let reference = location.marker
      return marker.flatMap { memory.head(of: reference, matching: $0) } ?? memory.latest(of: reference)
    }
    let posix =
      (location.isBucket || options.plain ? knowledge.attributesHere.withLock { $0[.directory(location)] } : nil)
      ?? PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:])
    // A prefix has no time of its own; its bucket's is at least stable.
    let fallback =
      marker?.lastModified ?? head?.lastModified ?? knowledge.buckets.withLock { $0.created(location.bucket) }
    return attributes(
      posix, kind: .directory, size: 0, time: fallback ?? begun, inode: inode
    ).touched(at: touched)
  }

  /// Returns the group of what a caller creates in a directory: the directory's own where that has the set-group-ID
  /// bit, which new directories in it have, too (inode(7)).
  func groupForNew(in location: DirectoryLocation, by caller: Caller) -> (group: UInt32, isInherited: Bool) {
    let above = attributes(of: location)
    let isInherited = above.permissions & 0o2000 != 0
    return (isInherited ? above.group : caller.group, isInherited)
  }

  /// Returns the attributes of the root: it has the time of its newest bucket, as far as the buckets were ever listed.
  func rootAttributes() -> Attributes {
    let newest = knowledge.buckets.withLock { $0.newest }
    let touched = knowledge.directories.withLock { $0.times[.root] }
    let posix = knowledge.attributesHere.withLock { $0[.root] } ?? PosixMetadata()
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
  /// Returns these attributes for a directory in which names were seen to appear or disappear at a time.
  fileprivate func touched(at time: Timestamp?) -> Self {
    guard let time else { return self }
    var touched = self
    (touched.modified, touched.changed) = (max(modified, time), max(changed, time))
    return touched
  }
}

extension Inodes {
  /// Returns the local attributes of a version of an object; nil if it has its own.
  func posixHere(of reference: ObjectReference, _ version: Version) -> PosixMetadata? {
    options.plain ? knowledge.attributesHere.withLock { $0.posix(of: reference, version) } : nil
  }

  /// Sets the attributes that only this process knows on contents that S3 has.
  func takeAttributesHere(_ content: FileContent, _ head: ObjectHead) {
    let version = head.version(isStated: true)
    guard let posix = posixHere(of: content.with({ $0.reference }), version) else { return }
    content.with { $0.posix = posix }
  }

  /// Keeps what was set on a saved object, for as long as the mount.
  func keepHere(_ content: FileContent) {
    let (reference, etag, modified, posix) = content.with { ($0.reference, $0.etag, $0.lastModified, $0.posix) }
    guard let etag else { return }
    knowledge.attributesHere.withLock { $0.change(posix, of: reference, Version(etag: etag, modified: modified)) }
  }

  /// Copies the attributes that only this process knows of an object to its copy.
  func keepAttributesHere(
    of source: ObjectReference, asThoseOf destination: ObjectReference, _ copied: ObjectCopy.Copied
  ) {
    guard options.plain else { return }
    let result = copied.result
    let version = Version(
      etag: result.etag, modified: result.lastModified ?? time.wall(), isStated: result.lastModified != nil)
    knowledge.attributesHere.withLock { $0.copy(source, to: destination, version) }
  }
}

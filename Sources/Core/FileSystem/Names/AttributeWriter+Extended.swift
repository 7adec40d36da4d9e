import S3
import Synchronization

// Extended attributes: those of users are stored in the object's headers, S3's own properties are readable as
// user.s3.*.

extension AttributeWriter {
  /// Serves getxattr(2). Throws noAttribute, unsupported (other name spaces than `user.`). Cost: one HEAD, 0 when the
  /// headers are known within the ttl; `user.s3.tags` one GetObjectTagging.
  public func extendedAttribute(_ name: String, of inode: InodeNumber) async throws(FileSystemError) -> [UInt8] {
    try requireUserAttribute(name)
    if name == S3Attributes.tags { return try await tagText(of: inode) }
    let head = try await headForAttributes(of: inode)
    if let value = PosixMetadata(userMetadata: head?.properties.userMetadata ?? [:]).xattrs[name] { return value }
    if let value = head.flatMap({ S3Attributes.of($0)[name] }) { return Array(value.utf8) }
    throw .noAttribute(name)
  }

  /// Returns an object's tags as `x-amz-tagging` spells them: `key=value&…`, percent-encoded.
  private func tagText(of inode: InodeNumber) async throws(FileSystemError) -> [UInt8] {
    guard let reference = try taggedObject(inode) else { throw .noAttribute(S3Attributes.tags) }
    let tags: [Tag]
    do throws(S3Error) { tags = try await store.tags(of: reference) } catch {
      throw error.code == .noSuchKey || error.status == 404 ? .noAttribute(S3Attributes.tags) : FileSystemError(error)
    }
    guard !tags.isEmpty else { throw .noAttribute(S3Attributes.tags) }
    return Array(Tag.query(tags).utf8)
  }

  private func taggedObject(_ inode: InodeNumber) throws(FileSystemError) -> ObjectReference? {
    if lookups.unlinkedContent(of: inode) != nil { return nil }
    switch try lookups.place(of: inode) {
    case .root: return nil
    case .directory(let location): return location.isBucket ? nil : location.marker
    case .object(let reference): return reference
    }
  }

  /// Serves listxattr(2): the users' own attributes. S3's are left out, as file systems do with read-only attributes:
  /// `cp -a` and `rsync -X` would try to set them. So are names of other name spaces that other clients wrote: they
  /// could neither be read nor set.
  public func extendedAttributeNames(of inode: InodeNumber) async throws(FileSystemError) -> [String] {
    guard let head = try await headForAttributes(of: inode) else { return [] }
    return PosixMetadata(userMetadata: head.properties.userMetadata).xattrs.keys.filter { $0.hasPrefix("user.") }
      .sorted()
  }

  /// Serves setxattr(2). Throws alreadyExists, noAttribute, unsupported (other name spaces than user.), notPermitted
  /// (user.s3.*), attributeTooLarge (S3 stores 2 KB of metadata), readOnly. Cost: one HEAD and one COPY; while the file
  /// is unsaved and open none, the attribute is uploaded with its bytes.
  public func setExtendedAttribute(
    _ name: String, to value: [UInt8], of inode: InodeNumber, mode: AttributeWrite
  ) async throws(FileSystemError) {
    try await changeAttributes(of: inode, name: name) { (posix: inout PosixMetadata) throws(FileSystemError) in
      let exists = posix.xattrs[name] != nil
      if mode == .create && exists { throw FileSystemError(.alreadyExists, "\(name) exists") }
      if mode == .replace && !exists { throw .noAttribute(name) }
      posix.xattrs[name] = value
    }
  }

  /// Serves removexattr(2). Throws noAttribute, readOnly. Cost: as `setExtendedAttribute`.
  public func removeExtendedAttribute(_ name: String, of inode: InodeNumber) async throws(FileSystemError) {
    try await changeAttributes(of: inode, name: name) { (posix: inout PosixMetadata) throws(FileSystemError) in
      guard posix.xattrs.removeValue(forKey: name) != nil else {
        throw .noAttribute(name)
      }
    }
  }

  /// Returns the headers that contain attributes; nil if there are none.
  private func headForAttributes(of inode: InodeNumber) async throws(FileSystemError) -> ObjectHead? {
    if let unlinked = lookups.unlinkedContent(of: inode) { return unlinked.currentHead }
    switch try lookups.place(of: inode) {
    case .root: return nil
    case .directory(let location):
      guard !location.isBucket else { return nil }
      do throws(FileSystemError) { return try await knowledge.head(of: location.marker) } catch {
        guard error.code == .notFound else { throw error }
        return nil
      }
    case .object(let reference):
      if let content = inodes.table.withLock({ $0[inode]?.content }), let unsaved = content.unsavedHead {
        return unsaved
      }
      return try await lookups.ofInode { () async throws(FileSystemError) in
        try await self.knowledge.checkedHead(of: reference)
      }
    }
  }

  private func changeAttributes(
    of inode: InodeNumber, name: String,
    _ change: (inout PosixMetadata) throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    try requireWritable()
    try requireUserAttribute(name)
    guard !name.hasPrefix(S3Attributes.prefix) else {
      throw FileSystemError(.notPermitted, "\(S3Attributes.prefix)* tell what S3 says and cannot be set")
    }
    guard !options.plain else {
      throw FileSystemError(.unsupported, "with --plain nothing of ours is written to S3, extended attributes neither")
    }
    if let unlinked = lookups.unlinkedContent(of: inode) { return try await self.change(unlinked, change) }
    try await held.alone(with: inode) { place async throws(FileSystemError) in
      try await changeAttributes(of: inode, at: place, change)
    }
  }

  private func changeAttributes(
    of inode: InodeNumber, at place: Place, _ change: (inout PosixMetadata) throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    switch place {
    case .root: throw FileSystemError(.unsupported, "the root keeps no attributes")
    case .directory(let location):
      guard !location.isBucket else { throw FileSystemError(.unsupported, "a bucket keeps no attributes") }
      var posix = PosixMetadata(
        userMetadata: try await headForAttributes(of: inode)?.properties.userMetadata ?? [:])
      try change(&posix)
      try requireFits(posix, beside: [:])
      let changed = posix.xattrs
      try await rewriteMarker(of: location) { ($0.xattrs, $0.changed) = (changed, time.wall()) }
    case .object(let reference):
      let content = try await lookups.ofInode { () async throws(FileSystemError) in
        try await self.contents.newestContent(of: reference, inode: inode, wantsBytes: false)
      }
      try await lookups.ofVersion { () async throws(FileSystemError) in try await self.change(content, change) }
    }
  }

  private func change(
    _ content: FileContent, _ change: (inout PosixMetadata) throws(FileSystemError) -> Void
  ) async throws(FileSystemError) {
    try content.with { (state) throws(FileSystemError) in
      var posix = state.posix
      try change(&posix)
      try requireFits(posix, beside: state.properties.userMetadata)
      posix.changed = time.wall()
      state.setHeaders(posix)
    }
    guard content.with({ !$0.bytesChanged || $0.handles == 0 }) else { return }
    content.commit()
    if held.pending.contains(content), saving.deferUpload(content) { return }
    try await saving.upload(content)
  }

  /// Checks a name as Linux does where it leaves the check to file systems.
  private func requireUserAttribute(_ name: String) throws(FileSystemError) {
    guard name.hasPrefix("user.") else {
      throw FileSystemError(.unsupported, "only attributes of the user. name space are kept")
    }
    guard name != "user." else { throw FileSystemError(.invalidArgument, "the attribute has no name") }
  }

  private func requireFits(_ posix: PosixMetadata, beside other: [String: String]) throws(FileSystemError) {
    try PosixMetadata.checkSize(ofUserMetadata: posix.merged(into: other), replacing: other)
  }
}

extension FileContent {
  /// The headers of a file that is not saved.
  fileprivate var unsavedHead: ObjectHead? { with { $0.isDirty } ? currentHead : nil }

  /// The headers as they would be saved.
  fileprivate var currentHead: ObjectHead {
    with { state in
      ObjectHead(
        size: state.size, etag: state.etag ?? ETag(""), lastModified: state.lastModified,
        properties: state.headers)
    }
  }
}

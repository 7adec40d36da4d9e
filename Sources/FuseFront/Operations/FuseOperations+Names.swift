internal import CFuse3
internal import Core
internal import Glibc

// Requests about names.

extension FuseOperations {
  static func lookup(request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?) {
    let request = FuseRequest(request)
    let parent = InodeNumber(rawValue: parent)
    if request.isReplay { return ReplayedOperations.lookup(request, name, in: parent) }
    request.context.notifier.noteActivity()
    // A name that is not UTF-8 cannot be a key: it does not exist.
    guard let name = String(kernelName: name) else { return request.reply.error(ENOENT) }
    let fileSystem = request.fileSystem
    request.answer { fileSystem throws(FileSystemError) in
      fileSystem.lookups.cachedLookup(name, in: parent)
    } orLater: { fileSystem throws(FileSystemError) in
      try await fileSystem.lookups.lookup(name, in: parent)
    } send: {
      send($1, to: $0, fileSystem)
    }
  }

  private static func send(_ answer: LookupAnswer, to reply: consuming FuseReply, _ fileSystem: FileSystem) {
    switch answer {
    case .found(let entry): send(entry, to: reply, fileSystem)
    case .absent(let validFor): reply.absent(validFor: validFor)
    }
  }

  /// Sends an entry, which counts as one lookup. Releases the lookup if the kernel did not take it.
  static func send(_ entry: Entry, to reply: consuming FuseReply, _ fileSystem: FileSystem) {
    if !reply.entry(entry) { fileSystem.lookups.forget(entry.inode, lookups: 1) }
  }

  static func forget(request: fuse_req_t?, inode: fuse_ino_t, count: UInt64) {
    let request = FuseRequest(request, isCall: false)
    request.fileSystem.lookups.forget(InodeNumber(rawValue: inode), lookups: count)
    request.reply.none()
  }

  static func forgetMany(request: fuse_req_t?, count: Int, forgotten: UnsafeMutablePointer<fuse_forget_data>?) {
    let request = FuseRequest(request, isCall: false)
    let fileSystem = request.fileSystem
    for item in UnsafeBufferPointer(start: forgotten, count: count) {
      fileSystem.lookups.forget(InodeNumber(rawValue: item.ino), lookups: item.nlookup)
    }
    request.reply.none()
  }

  static func mkdir(request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?, mode: mode_t) {
    let caller = FuseRequest(request).caller
    makeName(request, parent, name) { fileSystem, name, parent throws(FileSystemError) in
      try await fileSystem.names.makeDirectory(name, in: parent, permissions: mode & 0o7777, caller: caller)
    }
  }

  static func mknod(
    request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?, mode: mode_t, device: dev_t
  ) {
    guard let kind = FileKind(mode: mode), kind != .directory else { return FuseRequest(request).reply.error(EINVAL) }
    let caller = FuseRequest(request).caller
    makeName(request, parent, name) { fileSystem, name, parent throws(FileSystemError) in
      try await fileSystem.names.makeNode(
        name, in: parent, kind: kind, permissions: mode & 0o7777, device: UInt64(device), caller: caller)
    }
  }

  static func symlink(
    request: fuse_req_t?, target: UnsafePointer<CChar>?, parent: fuse_ino_t, name: UnsafePointer<CChar>?
  ) {
    guard let target = String(kernelName: target) else { return FuseRequest(request).reply.error(EILSEQ) }
    let caller = FuseRequest(request).caller
    makeName(request, parent, name) { fileSystem, name, parent throws(FileSystemError) in
      try await fileSystem.names.makeSymbolicLink(name, in: parent, target: target, caller: caller)
    }
  }

  /// Creates a name and answers with its entry, for all operations that do so.
  private static func makeName(
    _ request: fuse_req_t?, _ parent: fuse_ino_t, _ name: UnsafePointer<CChar>?,
    by make: @escaping @Sendable (FileSystem, String, InodeNumber) async throws(FileSystemError) -> Entry
  ) {
    let request = FuseRequest(request)
    if request.isReplay { return ReplayedOperations.make(request, name, in: InodeNumber(rawValue: parent)) }
    guard let name = String(kernelName: name) else { return request.reply.error(EILSEQ) }
    let fileSystem = request.fileSystem
    request.answer { fileSystem throws(FileSystemError) in
      try await make(fileSystem, name, InodeNumber(rawValue: parent))
    } send: {
      send($1, to: $0, fileSystem)
    }
  }

  static func unlink(request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?) {
    let request = FuseRequest(request)
    if request.isReplay { return ReplayedOperations.remove(request, name, in: InodeNumber(rawValue: parent)) }
    guard let name = String(kernelName: name) else { return request.reply.error(ENOENT) }
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.names.unlink(name, in: InodeNumber(rawValue: parent))
    }
  }

  static func rmdir(request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?) {
    let request = FuseRequest(request)
    if request.isReplay { return ReplayedOperations.remove(request, name, in: InodeNumber(rawValue: parent)) }
    guard let name = String(kernelName: name) else { return request.reply.error(ENOENT) }
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.names.removeDirectory(name, in: InodeNumber(rawValue: parent))
    }
  }

  static func rename(
    request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?, newParent: fuse_ino_t,
    newName: UnsafePointer<CChar>?, flags: UInt32
  ) {
    let request = FuseRequest(request)
    guard let name = String(kernelName: name) else { return request.reply.error(ENOENT) }
    guard let newName = String(kernelName: newName) else { return request.reply.error(EILSEQ) }
    // RENAME_NOREPLACE and RENAME_EXCHANGE; others (RENAME_WHITEOUT) are for overlays.
    guard flags & ~3 == 0 else { return request.reply.error(EINVAL) }
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.moves.rename(
        name, in: InodeNumber(rawValue: parent), to: newName, in: InodeNumber(rawValue: newParent),
        flags: RenameFlags(rawValue: flags))
    }
  }

  /// Answers EPERM, as documented in link(2) for file systems without hard links: S3 has no second name for an object.
  static func link(request: fuse_req_t?, inode: fuse_ino_t, newParent: fuse_ino_t, newName: UnsafePointer<CChar>?) {
    FuseRequest(request).reply.error(EPERM)
  }

  static func readlink(request: fuse_req_t?, inode: fuse_ino_t) {
    FuseRequest(request).answer { fileSystem throws(FileSystemError) in
      try await fileSystem.names.linkTarget(of: InodeNumber(rawValue: inode))
    } send: {
      $0.linkTarget($1)
    }
  }
}

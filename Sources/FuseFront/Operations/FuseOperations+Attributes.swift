internal import CFuse3
internal import Core
internal import Glibc

// Requests about attributes.

extension FuseOperations {
  static func getattr(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request)
    let inode = InodeNumber(rawValue: inode)
    if request.isEnactment { return enactGetattr(request, inode) }
    request.context.notifier.noteActivity()
    let handle = information.map { FileHandle(rawValue: $0.pointee.fh) }
    request.answer { fileSystem throws(FileSystemError) in
      fileSystem.lookups.cachedAttributes(of: inode, handle: handle)
    } orLater: { fileSystem throws(FileSystemError) in
      try await fileSystem.lookups.attributes(of: inode, handle: handle)
    } send: {
      $0.attributes($1)
    }
  }

  static func setattr(
    request: fuse_req_t?, inode: fuse_ino_t, wanted: UnsafeMutablePointer<stat>?, mask: Int32,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let request = FuseRequest(request)
    let inode = InodeNumber(rawValue: inode)
    if request.isEnactment { return enactSetattr(request, inode) }
    let handle = information.map { FileHandle(rawValue: $0.pointee.fh) }
    let changes = wanted.map { AttributeChanges($0.pointee, mask: mask) } ?? AttributeChanges()
    request.answer { fileSystem throws(FileSystemError) in
      // The kernel also asks for what Core does not keep (the change time alone): then nothing changes.
      if changes.isEmpty { return try await fileSystem.lookups.attributes(of: inode, handle: handle) }
      return try await fileSystem.attributeWriter.setAttributes(of: inode, to: changes, handle: handle)
    } send: {
      $0.attributes($1)
    }
  }

  static func statfs(request: fuse_req_t?, inode: fuse_ino_t) {
    let request = FuseRequest(request)
    request.reply.figures(request.fileSystem.figures())
  }

  /// No request of this kind means anything here: ENOTTY, as ioctl(2) says.
  static func ioctl(
    request: fuse_req_t?, inode: fuse_ino_t, command: UInt32, argument: UnsafeMutableRawPointer?,
    information: UnsafeMutablePointer<fuse_file_info>?, flags: UInt32, input: UnsafeRawPointer?, inputSize: Int,
    outputSize: Int
  ) {
    FuseRequest(request).reply.error(ENOTTY)
  }
}

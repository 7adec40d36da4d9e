internal import CFuse3
internal import Core
internal import Glibc

// Requests about attributes.

extension FuseOperations {
  static func getattr(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request)
    let inode = InodeNumber(rawValue: inode)
    if request.isReplay { return ReplayedOperations.getattr(request, inode) }
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
    if request.isReplay { return ReplayedOperations.setattr(request, inode) }
    let handle = information.map { FileHandle(rawValue: $0.pointee.fh) }
    let changes = wanted.map { AttributeChanges($0.pointee, mask: mask) } ?? AttributeChanges()
    request.answer { fileSystem throws(FileSystemError) in
      // The kernel also requests changes that Core does not store (the change time alone): then nothing changes.
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

  /// Answers ENOTTY, as documented in ioctl(2): no request of this kind has a meaning here.
  static func ioctl(
    request: fuse_req_t?, inode: fuse_ino_t, command: UInt32, argument: UnsafeMutableRawPointer?,
    information: UnsafeMutablePointer<fuse_file_info>?, flags: UInt32, input: UnsafeRawPointer?, inputSize: Int,
    outputSize: Int
  ) {
    FuseRequest(request).reply.error(ENOTTY)
  }
}

// Requests about extended attributes.

extension FuseOperations {
  static func setxattr(
    request: fuse_req_t?, inode: fuse_ino_t, name: UnsafePointer<CChar>?, value: UnsafePointer<CChar>?, size: Int,
    flags: Int32
  ) {
    let request = FuseRequest(request)
    guard let name = String(kernelName: name) else { return request.reply.error(EILSEQ) }
    if hasUnsupportedSpace(name) { return request.reply.error(ENOTSUP) }
    let value = Array(UnsafeRawBufferPointer(start: value, count: size))
    let mode: AttributeWrite =
      switch flags {
      case Int32(XATTR_CREATE): .create
      case Int32(XATTR_REPLACE): .replace
      default: .createOrReplace
      }
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.attributeWriter.setExtendedAttribute(
        name, to: value, of: InodeNumber(rawValue: inode), mode: mode)
    }
  }

  static func getxattr(request: fuse_req_t?, inode: fuse_ino_t, name: UnsafePointer<CChar>?, size: Int) {
    let request = FuseRequest(request)
    guard let name = String(kernelName: name) else { return request.reply.error(ENODATA) }
    // The kernel requests security.capability before every write(2): that must cost no Task. And `ls -l` requests no
    // more labels and ACLs of this file system after the answer that there are none.
    if hasUnsupportedSpace(name) { return request.reply.error(ENOTSUP) }
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.attributeWriter.extendedAttribute(name, of: InodeNumber(rawValue: inode))
    } send: {
      $0.attributeBytes($1, room: size)
    }
  }

  static func listxattr(request: fuse_req_t?, inode: fuse_ino_t, size: Int) {
    FuseRequest(request).answer { fileSystem throws(FileSystemError) in
      try await fileSystem.attributeWriter.extendedAttributeNames(of: InodeNumber(rawValue: inode)).flatMap {
        Array($0.utf8) + [0]
      }
    } send: {
      $0.attributeBytes($1, room: size)
    }
  }

  static func removexattr(request: fuse_req_t?, inode: fuse_ino_t, name: UnsafePointer<CChar>?) {
    let request = FuseRequest(request)
    guard let name = String(kernelName: name) else { return request.reply.error(ENODATA) }
    if hasUnsupportedSpace(name) { return request.reply.error(ENOTSUP) }
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.attributeWriter.removeExtendedAttribute(name, of: InodeNumber(rawValue: inode))
    }
  }

  /// Returns whether a name is in the space of ACLs, security labels and the like, which would be stored but not
  /// obeyed: refused, never accepted silently (xattr(7)).
  private static func hasUnsupportedSpace(_ name: String) -> Bool {
    !name.hasPrefix("user.")
  }
}

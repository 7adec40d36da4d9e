internal import CFuse3
internal import Core
internal import Glibc

// Requests about directories.

extension FuseOperations {
  static func opendir(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request)
    let information = information!.pointee
    if request.context.isWritingBack(request.callerThread) {
      // It lists nothing, and must not wait for S3. No directory has this handle.
      _ = request.reply.opened(information)
      return
    }
    request.context.notifier.noteListing(of: InodeNumber(rawValue: inode))
    let fileSystem = request.fileSystem
    request.answer(work: .long) { fileSystem throws(FileSystemError) in
      try fileSystem.streams.openDirectoryNow(InodeNumber(rawValue: inode))
    } orLater: { fileSystem throws(FileSystemError) in
      try await fileSystem.streams.openDirectory(InodeNumber(rawValue: inode))
    } send: { reply, handle in
      var information = information
      information.fh = handle.rawValue
      if !reply.opened(information) { fileSystem.streams.releaseDirectory(handle) }
    }
  }

  static func releasedir(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request, isCall: false)
    request.fileSystem.streams.releaseDirectory(DirectoryHandle(rawValue: information!.pointee.fh))
    request.reply.success()
  }

  /// Answers at once: creations and removals of names reach S3 before they are answered, so that nothing is left to
  /// synchronise.
  static func fsyncdir(
    request: fuse_req_t?, inode: fuse_ino_t, dataOnly: Int32, information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let request = FuseRequest(request)
    guard request.fileSystem.options.writeBack else { return request.reply.success() }
    request.answer(.never, work: .long) { fileSystem throws(FileSystemError) in
      try await fileSystem.saving.synchronizeAll()
    }
  }

  static func readdir(
    request: fuse_req_t?, inode: fuse_ino_t, size: Int, offset: off_t,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    list(FuseRequest(request), inode, DirectoryBuffer(size: size, kind: .names), from: offset, information)
  }

  static func readdirplus(
    request: fuse_req_t?, inode: fuse_ino_t, size: Int, offset: off_t,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    list(FuseRequest(request), inode, DirectoryBuffer(size: size, kind: .entries), from: offset, information)
  }

  private static func list(
    _ request: FuseRequest, _ inode: fuse_ino_t, _ emptyBuffer: DirectoryBuffer, from offset: off_t,
    _ information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let handle = DirectoryHandle(rawValue: information!.pointee.fh)
    guard offset == 0, request.forCaller({ request.fileSystem.streams.isOutdated(handle) }) else {
      return fill(request.reply, request, inode, emptyBuffer, from: offset, handle)
    }
    request.answer(work: .long) { fileSystem throws(FileSystemError) in
      // A directory that is gone is read as it last was: it was empty.
      do throws(FileSystemError) { try await fileSystem.streams.rewindDirectory(handle) } catch {
        guard error.code == .notFound else { throw error }
      }
    } send: { reply, _ in
      fill(reply, request, inode, emptyBuffer, from: 0, handle)
    }
  }

  private static func fill(
    _ reply: consuming FuseReply, _ request: FuseRequest, _ inode: fuse_ino_t, _ emptyBuffer: DirectoryBuffer,
    from offset: off_t, _ handle: DirectoryHandle
  ) {
    var buffer = emptyBuffer
    do throws(FileSystemError) {
      let isFull = buffer.addDots(of: InodeNumber(rawValue: inode), from: offset)
      if !isFull {
        try request.forCaller { () throws(FileSystemError) in
          try addEntries(to: &buffer, handle, from: max(Int(offset) - 2, 0), request.fileSystem)
        }
      }
    } catch {
      request.context.report(error)
      return reply.error(error.errno)
    }
    reply.bytes(buffer)
  }

  private static func addEntries(
    to buffer: inout DirectoryBuffer, _ handle: DirectoryHandle, from first: Int, _ fileSystem: FileSystem
  ) throws(FileSystemError) {
    let entries = try fileSystem.streams.entries(of: handle, from: first, limit: buffer.mostEntries)
    for (index, entry) in entries.enumerated() {
      // The position after this entry, the two dots being 0 and 1.
      let next = off_t(first + index + 3)
      guard buffer.hasRoom(for: entry.name) else { return }
      switch buffer.kind {
      case .names: buffer.add(entry.name, entry.attributes, next: next)
      case .entries:
        // Each entry counts as a lookup, but only one that fits. One that cannot be cached is sent as a bare name: a
        // lookup will return more of it. So is one that the kernel has (sending it again would cost more than all the
        // rest), and one for which there is no memory.
        if entry.validFor > .zero, !entry.isKnown, let counted = try? fileSystem.streams.countLookup(of: entry) {
          buffer.add(entry.name, counted, next: next)
        } else {
          buffer.add(entry.name, entry.attributes, next: next)
        }
      }
    }
  }
}

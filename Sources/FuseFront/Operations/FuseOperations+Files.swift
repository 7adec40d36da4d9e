internal import CFuse3
internal import Core
internal import Glibc
private import Synchronization

// Requests about open files.

extension FuseOperations {
  static func open(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request)
    let information = information!.pointee
    if request.isReplay { return ReplayedOperations.open(request, InodeNumber(rawValue: inode), information) }
    let (context, opener) = (request.context, request.callerThread)
    let flags = OpenFlags(kernel: information.flags, by: request.caller)
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.files.open(InodeNumber(rawValue: inode), flags: flags)
    } send: { reply, file in
      // Before the reply, or the opener could still get the old size from fstat(2) or end its reads there.
      if file.attributesChanged { context.session?.invalidateAttributes(of: InodeNumber(rawValue: inode)) }
      var answer = information.opened(as: file)
      answer.noflush = information.changesNothing ? 1 : 0
      if !information.changesNothing { context.openers.withLock { $0[file.handle] = opener } }
      if !reply.opened(answer) { releaseUnwanted(file, context) }
    }
  }

  static func create(
    request: fuse_req_t?, parent: fuse_ino_t, name: UnsafePointer<CChar>?, mode: mode_t,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let request = FuseRequest(request)
    let information = information!.pointee
    if request.isReplay {
      return ReplayedOperations.create(request, name, in: InodeNumber(rawValue: parent), information)
    }
    guard let name = String(kernelName: name) else { return request.reply.error(EILSEQ) }
    let (parent, permissions, caller) = (InodeNumber(rawValue: parent), mode & 0o7777, request.caller)
    let flags = OpenFlags(kernel: information.flags, by: caller)
    let (context, opener) = (request.context, request.callerThread)
    request.answer { fileSystem throws(FileSystemError) in
      try fileSystem.files.createNow(name, in: parent, permissions: permissions, flags: flags, caller: caller)
    } orLater: { fileSystem throws(FileSystemError) in
      try await fileSystem.files.create(name, in: parent, permissions: permissions, flags: flags, caller: caller)
    } send: { reply, created in
      context.openers.withLock { $0[created.file.handle] = opener }
      if !reply.created(created.entry, information.opened(as: created.file)) {
        releaseUnwanted(created.file, context)
        context.fileSystem.lookups.forget(created.entry.inode, lookups: 1)
      }
    }
  }

  /// Releases a file whose opener is gone, so that the kernel will send no release.
  private static func releaseUnwanted(_ file: OpenedFile, _ context: FuseContext) {
    context.openers.withLock { $0[file.handle] = nil }
    Task { await context.fileSystem.files.release(file.handle) }
  }

  static func read(
    request: fuse_req_t?, inode: fuse_ino_t, count: Int, offset: off_t,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    // Of many readers, only the first bytes are certainly what the caller waits for: the kernel reads the rest ahead.
    // And readahead may come late, when the caller does other things.
    let isCall = offset == 0
    let handle = information!.pointee.file
    let pointer = request
    let request = FuseRequest(pointer, isCall: false)
    if let data = request.fileSystem.files.cachedRead(handle, at: Int64(offset), count: count) {
      return FuseRequest(pointer, isCall: isCall).reply.data(data)
    }
    request.answer(work: .long) { fileSystem throws(FileSystemError) in
      try await fileSystem.files.read(handle, at: Int64(offset), count: count)
    } send: {
      $0.data($1)
    }
  }

  static func write(
    request: fuse_req_t?, inode: fuse_ino_t, bytes: UnsafePointer<CChar>?, count: Int, offset: off_t,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let handle = information!.pointee.file
    // libfuse uses the buffer again as soon as this function returns.
    let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
    // A mapped page written back may come with any handle of the file: its offset is fixed, whatever the handle's
    // flags.
    let isPage = information!.pointee.writepage != 0
    let request = FuseRequest(request, isCall: !isPage)
    let isAnswered = request.answerNow { fileSystem throws(FileSystemError) in
      try fileSystem.files.writeNow(buffer.bytes, at: Int64(offset), to: handle, isPage: isPage)
    } send: {
      $0.written($1)
    }
    guard !isAnswered else { return }
    let copy = Array(buffer)
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.files.write(copy, at: Int64(offset), to: handle, isPage: isPage)
    } send: {
      $0.written($1)
    }
  }

  /// Serves close(2) of one descriptor.
  static func flush(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request)
    guard !information!.pointee.isReplayed else { return request.reply.success() }
    let handle = information!.pointee.file
    let handles = request.fileSystem.files.handlesToSave(by: handle)
    let othersOpen =
      handles > 0
      && SharedDescriptors(
        inode: InodeNumber(rawValue: inode), device: request.context.device.withLock { $0 }, handles: handles
      ).remain(closedBy: request.callerThread, openedBy: request.context.openers.withLock { $0[handle] })
    // With --write-back the work is a write to disk.
    request.answer(.never, work: request.fileSystem.options.writeBack ? .long : .brief) {
      fileSystem throws(FileSystemError) in
      try await fileSystem.files.flush(handle, othersOpen: othersOpen)
    }
  }

  static func fsync(
    request: fuse_req_t?, inode: fuse_ino_t, dataOnly: Int32, information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let handle = information!.pointee.file
    FuseRequest(request).answer(.never, work: .long) { fileSystem throws(FileSystemError) in
      try await fileSystem.files.synchronize(handle)
    }
  }

  /// Answers a release at once, as no caller waits for it and its errors have no recipient: so it takes none of the
  /// kernel's slots for background requests while Core may still be busy.
  static func release(request: fuse_req_t?, inode: fuse_ino_t, information: UnsafeMutablePointer<fuse_file_info>?) {
    let request = FuseRequest(request, isCall: false)
    guard !information!.pointee.isReplayed else { return request.reply.success() }
    let context = request.context
    let handle = information!.pointee.file
    context.openers.withLock { $0[handle] = nil }
    if !context.fileSystem.files.releaseNow(handle) {
      context.inFlight.begin()
      Task {
        await context.fileSystem.files.release(handle)
        context.inFlight.end()
      }
    }
    request.reply.success()
  }

  static func fallocate(
    request: fuse_req_t?, inode: fuse_ino_t, mode: Int32, offset: off_t, length: off_t,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let handle = information!.pointee.file
    FuseRequest(request).answer { fileSystem throws(FileSystemError) in
      try await fileSystem.files.allocate(handle, mode: mode, offset: Int64(offset), length: Int64(length))
    }
  }

  /// Serves SEEK_DATA and SEEK_HOLE; the kernel handles the others.
  static func lseek(
    request: fuse_req_t?, inode: fuse_ino_t, offset: off_t, origin: Int32,
    information: UnsafeMutablePointer<fuse_file_info>?
  ) {
    let request = FuseRequest(request)
    guard origin == seekData || origin == seekHole else { return request.reply.error(EINVAL) }
    let handle = information!.pointee.file
    request.answer { fileSystem throws(FileSystemError) in
      try await fileSystem.files.seek(handle, from: Int64(offset), hole: origin == seekHole)
    } send: {
      $0.position($1)
    }
  }

  static func copyRange(
    request: fuse_req_t?, inode: fuse_ino_t, offset: off_t, information: UnsafeMutablePointer<fuse_file_info>?,
    newInode: fuse_ino_t, newOffset: off_t, newInformation: UnsafeMutablePointer<fuse_file_info>?, count: Int,
    flags: Int32
  ) {
    let source = information!.pointee.file
    let destination = newInformation!.pointee.file
    // The answer's count has 32 bits (struct fuse_write_out), and older kernels request more at once.
    let count = min(count, Int(UInt32.max) & ~0xfff)
    FuseRequest(request).answer(work: .long) { fileSystem throws(FileSystemError) in
      try await fileSystem.files.copyRange(
        from: source, at: Int64(offset), to: destination, at: Int64(newOffset), count: Int64(count))
    } send: {
      $0.written(Int($1))
    }
  }

  // SEEK_DATA and SEEK_HOLE (lseek(2)), which Glibc's module leaves out.
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4
}

extension fuse_file_info {
  fileprivate var file: FileHandle { FileHandle(rawValue: fh) }

  /// Returns the answer to an open.
  fileprivate func opened(as file: OpenedFile) -> Self {
    var result = self
    result.fh = file.handle.rawValue
    // O_DIRECT means direct_io: every read and write reaches the file system.
    result.direct_io = flags & cfuse_o_direct() != 0 ? 1 : 0
    result.keep_cache = file.keepsCache ? 1 : 0
    return result
  }

  /// Whether nothing can be unsaved at the close of a file that existed before: then the kernel (5.16) need not send a
  /// flush. A file that the open created must be saved, even if it is opened for reading.
  fileprivate var changesNothing: Bool { flags & O_ACCMODE == O_RDONLY && flags & O_TRUNC == 0 }
}

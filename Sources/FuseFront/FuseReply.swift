internal import CFuse3
internal import Core
internal import Glibc

/// The one reply that every FUSE request gets.
///
/// Being `~Copyable` with consuming methods it is sent at most once, which the compiler checks; a path that forgets it
/// traps in the deinitializer instead of leaving a process waiting forever. Create it where it is used, in the callback
/// or inside its Task, because a closure cannot consume a captured non-copyable value.
struct FuseReply: ~Copyable {
  private let request: fuse_req_t
  /// Whether a thread waits for the reply.
  private let isOfCall: Bool
  private let wasInterruptible: Bool

  init(to request: FuseRequest, wasInterruptible: Bool = false) {
    self.request = request.pointer
    isOfCall = request.burst != nil
    self.wasInterruptible = wasInterruptible
  }

  deinit { Self.trap() }

  /// Ends the process. Not marked as never returning, or the compiler would warn about the deinitializer's own end.
  @inline(never)
  private static func trap() { fatalError("a FUSE request was left without a reply") }

  /// Takes the request, to reply to it at once.
  ///
  /// Removing the interrupt function waits for one that is running (libfuse calls it under the request's lock), so that
  /// none is called with an `Interruption` that was freed.
  private consuming func taken() -> fuse_req_t {
    if wasInterruptible { fuse_req_interrupt_func(request, nil, nil) }
    if isOfCall { FuseRequest.isBeingAnswered(request) }
    let request = request
    discard self
    return request
  }

  /// Replies with an errno; 0 is success.
  consuming func error(_ errno: Int32) { fuse_reply_err(taken(), errno) }
  consuming func success() { fuse_reply_err(taken(), 0) }
  /// Ends a forget, which has no answer.
  consuming func none() { fuse_reply_none(taken()) }

  /// Replies with a name that exists. Returns false if no caller waits any more: the kernel did not count the lookup.
  consuming func entry(_ entry: Entry) -> Bool {
    var parameters = fuse_entry_param(entry)
    return fuse_reply_entry(taken(), &parameters) == 0
  }

  /// Replies that a name is absent, which the kernel may cache: inode 0 with a time (libfuse's fuse_entry_param).
  consuming func absent(validFor: Duration) {
    guard validFor > .zero else { return error(ENOENT) }
    var parameters = fuse_entry_param()
    parameters.entry_timeout = validFor.inSeconds
    fuse_reply_entry(taken(), &parameters)
  }

  consuming func attributes(_ entry: Entry) {
    var status = stat(entry.attributes)
    fuse_reply_attr(taken(), &status, entry.attributesValidFor.inSeconds)
  }

  /// Replies to an open. Returns false if no caller waits any more: no release will follow.
  consuming func opened(_ information: fuse_file_info) -> Bool {
    var information = information
    return fuse_reply_open(taken(), &information) == 0
  }

  /// Replies to a create. Returns false if no caller waits any more: neither release nor forget will follow.
  consuming func created(_ entry: Entry, _ information: fuse_file_info) -> Bool {
    var parameters = fuse_entry_param(entry)
    var information = information
    return fuse_reply_create(taken(), &parameters, &information) == 0
  }

  consuming func linkTarget(_ target: String) { fuse_reply_readlink(taken(), target) }
  consuming func written(_ count: Int) { fuse_reply_write(taken(), count) }
  consuming func position(_ offset: Int64) { fuse_reply_lseek(taken(), off_t(offset)) }

  consuming func bytes(_ bytes: UnsafeRawBufferPointer) {
    fuse_reply_buf(taken(), bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
  }

  consuming func bytes(_ buffer: DirectoryBuffer) {
    let request = taken()
    buffer.withBytes { _ = fuse_reply_buf(request, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
  }

  /// Replies with the slices of a read, without joining them.
  consuming func data(_ data: ReadData) {
    switch data.slices.count {
    case 0: fuse_reply_buf(taken(), nil, 0)
    case 1:
      let request = taken()
      data.slices[0].withUnsafeBytes { bytes in
        _ = fuse_reply_buf(request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    case ...Self.mostSlices:
      let request = taken()
      data.withUnsafeVectors { _ = fuse_reply_iov(request, $0.baseAddress, Int32($0.count)) }
    default:
      let request = taken()
      data.bytes.withUnsafeBytes { bytes in
        _ = fuse_reply_buf(request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    }
  }

  /// The limit of vectors. writev(2) accepts IOV_MAX (1024), of which libfuse needs one; deep recursion is not worth
  /// more.
  private static let mostSlices = 256

  consuming func figures(_ figures: FileSystemFigures) {
    var status = statvfs()
    status.f_bsize = numericCast(figures.blockSize)
    status.f_frsize = numericCast(figures.blockSize)
    status.f_blocks = numericCast(figures.blocks)
    status.f_bfree = numericCast(figures.freeBlocks)
    status.f_bavail = numericCast(figures.freeBlocks)
    status.f_files = numericCast(figures.files)
    status.f_ffree = numericCast(figures.freeFiles)
    status.f_favail = numericCast(figures.freeFiles)
    status.f_namemax = numericCast(figures.maximumNameLength)
    fuse_reply_statfs(taken(), &status)
  }

  /// Replies with an attribute's value or the list of names, as getxattr(2) and listxattr(2) do: only the size if room is
  /// 0, ERANGE if it is too small.
  consuming func attributeBytes(_ value: [UInt8], room: Int) {
    if room == 0 {
      fuse_reply_xattr(taken(), value.count)
    } else if room < value.count {
      error(ERANGE)
    } else {
      let request = taken()
      value.withUnsafeBytes { bytes in
        _ = fuse_reply_buf(request, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    }
  }
}

extension ReadData {
  /// Calls `body` with one vector for each slice. The pointers are valid only inside.
  func withUnsafeVectors(_ body: (UnsafeBufferPointer<iovec>) -> Void) {
    var vectors: [iovec] = []
    vectors.reserveCapacity(slices.count)
    // Each level keeps one slice's pointer valid while the next ones are taken.
    func take(_ index: Int) {
      guard index < slices.count else { return vectors.withUnsafeBufferPointer(body) }
      slices[index].withUnsafeBytes { bytes in
        vectors.append(iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        take(index + 1)
      }
    }
    take(0)
  }
}

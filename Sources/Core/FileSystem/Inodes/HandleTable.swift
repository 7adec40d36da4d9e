import Synchronization

/// A file that was opened.
final class OpenHandle: Sendable {
  let inode: InodeNumber
  let content: FileContent
  let flags: OpenFlags
  let readahead: Mutex<Readahead>
  /// The readers with which it shares the memory for readahead.
  let readers: PrefetchBudget

  init(inode: InodeNumber, content: FileContent, flags: OpenFlags, readahead: Readahead, readers: PrefetchBudget) {
    self.readers = readers
    self.inode = inode
    self.content = content
    self.flags = flags
    self.readahead = Mutex(readahead)
  }

  deinit { readers.leave(ObjectIdentifier(self)) }
}

/// A directory that was opened: the entries it had then.
final class OpenDirectory: Sendable {
  let inode: InodeNumber
  let snapshot: DirectorySnapshot
  let wasRead = Atomic<Bool>(false)

  init(inode: InodeNumber, snapshot: DirectorySnapshot) {
    self.inode = inode
    self.snapshot = snapshot
  }
}

/// The open files and directories by handle.
struct HandleTable {
  private var files: [UInt64: OpenHandle] = [:]
  private var directories: [UInt64: OpenDirectory] = [:]
  private var next: UInt64 = 1

  mutating func add(_ file: OpenHandle) -> FileHandle {
    defer { next += 1 }
    files[next] = file
    return FileHandle(rawValue: next)
  }

  mutating func add(_ directory: OpenDirectory) -> DirectoryHandle {
    defer { next += 1 }
    directories[next] = directory
    return DirectoryHandle(rawValue: next)
  }

  mutating func replace(_ handle: DirectoryHandle, by directory: OpenDirectory) {
    if directories[handle.rawValue] != nil { directories[handle.rawValue] = directory }
  }

  subscript(handle: FileHandle) -> OpenHandle? { files[handle.rawValue] }
  subscript(handle: DirectoryHandle) -> OpenDirectory? { directories[handle.rawValue] }

  mutating func remove(_ handle: FileHandle) -> OpenHandle? { files.removeValue(forKey: handle.rawValue) }
  mutating func remove(_ handle: DirectoryHandle) { directories[handle.rawValue] = nil }
  var openFiles: Int { files.count }
}

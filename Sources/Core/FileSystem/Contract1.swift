// By inode: what the mount calls.

extension FileSystem {
  // MARK: Answers from memory, for the synchronous path of a callback

  /// The answer to a lookup if memory has a fresh one; nil: call `lookup`. A found entry counts as one lookup.
  public func cachedLookup(_ name: String, in parent: InodeNumber) -> LookupAnswer? { fatalError() }
  /// Fresh attributes from memory; nil: call `attributes`. `validFor` as in `Entry`.
  public func cachedAttributes(of inode: InodeNumber, handle: FileHandle?) -> Entry? { fatalError() }
  /// Bytes that are all in memory; nil: call `read`.
  public func cachedRead(_ handle: FileHandle, at offset: Int64, count: Int) -> ReadData? { fatalError() }
  /// Writes now, if no upload of the file is under way; nil: copy the bytes and call the async `write`.
  /// Returns how many bytes were written (always all).
  public func writeNow(_ bytes: RawSpan, at offset: Int64, to handle: FileHandle) throws(FileSystemError) -> Int? {
    fatalError()
  }

  // MARK: Names

  /// Looks a name up. A found entry counts as one lookup, to be given back by `forget`.
  public func lookup(_ name: String, in parent: InodeNumber) async throws(FileSystemError) -> LookupAnswer {
    fatalError()
  }
  /// Gives lookups back (FUSE forget); the inode's memory is freed when none is left.
  public func forget(_ inode: InodeNumber, lookups: UInt64) { fatalError() }
  /// stat(2).
  public func attributes(of inode: InodeNumber, handle: FileHandle?) async throws(FileSystemError) -> Entry {
    fatalError()
  }
  /// chmod, chown, truncate, utimensat.
  public func setAttributes(
    of inode: InodeNumber, to changes: AttributeChanges, handle: FileHandle?
  ) async throws(FileSystemError) -> Entry { fatalError() }
  /// readlink(2).
  public func linkTarget(of inode: InodeNumber) async throws(FileSystemError) -> String { fatalError() }

  /// mkdir(2); in the root it creates a bucket. The entry counts as one lookup, here and in all that make a name.
  public func makeDirectory(
    _ name: String, in parent: InodeNumber, permissions: UInt32, caller: Caller
  ) async throws(FileSystemError) -> Entry { fatalError() }
  /// mknod(2) of any kind but directories.
  public func makeNode(
    _ name: String, in parent: InodeNumber, kind: FileKind, permissions: UInt32, device: UInt64, caller: Caller
  ) async throws(FileSystemError) -> Entry { fatalError() }
  /// symlink(2).
  public func makeSymbolicLink(
    _ name: String, in parent: InodeNumber, target: String, caller: Caller
  ) async throws(FileSystemError) -> Entry { fatalError() }
  /// unlink(2). An open file stays readable until it is released.
  public func unlink(_ name: String, in parent: InodeNumber) async throws(FileSystemError) { fatalError() }
  /// rmdir(2); in the root it deletes a bucket.
  public func removeDirectory(_ name: String, in parent: InodeNumber) async throws(FileSystemError) { fatalError() }
  /// rename(2), renameat2(2).
  public func rename(
    _ name: String, in parent: InodeNumber, to newName: String, in newParent: InodeNumber, flags: RenameFlags
  ) async throws(FileSystemError) { fatalError() }

  // MARK: Directories

  public func openDirectory(_ inode: InodeNumber) async throws(FileSystemError) -> DirectoryHandle { fatalError() }
  public func releaseDirectory(_ handle: DirectoryHandle) { fatalError() }
  /// At most `limit` entries of the snapshot from position `offset` on (0 is the first); empty at the end.
  public func entries(
    of handle: DirectoryHandle, from offset: Int, limit: Int
  ) throws(FileSystemError) -> [DirectoryEntry] { fatalError() }
  /// Counts one lookup of an entry that was handed to the kernel by readdirplus (after it is known to fit). Returns
  /// the entry as the inode table now has it.
  public func countLookup(of entry: DirectoryEntry, in handle: DirectoryHandle) throws(FileSystemError) -> Entry {
    fatalError()
  }

  // MARK: Files

  public func open(_ inode: InodeNumber, flags: OpenFlags) async throws(FileSystemError) -> OpenedFile { fatalError() }
  public func create(
    _ name: String, in parent: InodeNumber, permissions: UInt32, flags: OpenFlags, caller: Caller
  ) async throws(FileSystemError) -> (entry: Entry, file: OpenedFile) { fatalError() }
  /// At most `count` bytes; fewer only at the end of the file.
  public func read(
    _ handle: FileHandle, at offset: Int64, count: Int
  ) async throws(FileSystemError) -> ReadData { fatalError() }
  public func write(
    _ bytes: [UInt8], at offset: Int64, to handle: FileHandle
  ) async throws(FileSystemError) -> Int { fatalError() }
  /// close(2) of one descriptor: uploads what is unsaved and throws if S3 refused it. With `othersOpen` (the caller
  /// has another descriptor of this handle) a file that was never written to waits for the last close.
  public func flush(_ handle: FileHandle, othersOpen: Bool) async throws(FileSystemError) { fatalError() }
  /// fsync(2): like flush, always uploads.
  public func synchronize(_ handle: FileHandle) async throws(FileSystemError) { fatalError() }
  /// The last descriptor is closed.
  public func release(_ handle: FileHandle) async { fatalError() }
  /// fallocate(2): mode bits as Linux defines them.
  public func allocate(
    _ handle: FileHandle, mode: Int32, offset: Int64, length: Int64
  ) async throws(FileSystemError) { fatalError() }
  /// lseek(2) with SEEK_DATA, or SEEK_HOLE when `hole`.
  public func seek(_ handle: FileHandle, from offset: Int64, hole: Bool) async throws(FileSystemError) -> Int64 {
    fatalError()
  }
  /// copy_file_range(2); a whole object is copied by the server. Returns the number of bytes copied.
  public func copyRange(
    from source: FileHandle, at sourceOffset: Int64, to destination: FileHandle, at destinationOffset: Int64,
    count: Int64
  ) async throws(FileSystemError) -> Int64 { fatalError() }

  // MARK: Extended attributes

  public func extendedAttribute(_ name: String, of inode: InodeNumber) async throws(FileSystemError) -> [UInt8] {
    fatalError()
  }
  public func extendedAttributeNames(of inode: InodeNumber) async throws(FileSystemError) -> [String] { fatalError() }
  public func setExtendedAttribute(
    _ name: String, to value: [UInt8], of inode: InodeNumber, mode: AttributeWrite
  ) async throws(FileSystemError) { fatalError() }
  public func removeExtendedAttribute(_ name: String, of inode: InodeNumber) async throws(FileSystemError) {
    fatalError()
  }

  public func figures() -> FileSystemFigures { fatalError() }
}

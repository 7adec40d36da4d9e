import S3
import TestSupport
import Testing

@testable import Core

/// A file system over a store in memory that counts requests, with one bucket and time under control.
struct World {
  let memory: InMemoryStore
  let recorder: RecordingStore
  let faults: FaultyStore
  let time = ManualTime()
  let fileSystem: FileSystem
  static let caller = Caller(user: 1000, group: 1000)

  /// Creates a world with a ttl of a second by default, so that results do not depend on the observer.
  /// - Parameter memory: another world's store, to see it as the next process does.
  /// - Parameter unit: the size that stands for a mebibyte in the limits of uploads.
  /// - Parameter deletesConditionally: whether DELETE checks conditions, as in S3 and not in LocalStack.
  init(
    memory other: InMemoryStore? = nil, unit: Int64 = 1 << 20, deletesConditionally: Bool = false,
    behaviour: InMemoryStore.Behaviour = .init(), _ change: (inout FileSystemOptions) -> Void = { _ in }
  ) {
    var behaviour = behaviour
    behaviour.minimumPartSize = 5 * unit
    behaviour.deletesConditionally = deletesConditionally
    memory = other ?? InMemoryStore(buckets: ["bucket"], behaviour: behaviour, now: { [time] in time.wall })
    faults = FaultyStore(memory)
    recorder = RecordingStore(faults)
    var options = FileSystemOptions()
    options.cacheDirectory = TestPath.unique()
    options.uploadLimits = Self.limits(unit)
    options.ttl = .seconds(1)
    change(&options)
    fileSystem = FileSystem(store: recorder, options: options, time: time.source)
  }

  static func limits(_ unit: Int64) -> UploadLimits {
    var limits = UploadLimits()
    limits.putThreshold = 16 * unit
    limits.partSize = 8 * unit
    limits.minimumPartSize = 5 * unit
    limits.backlog = 64 * unit
    limits.leastCopy = unit
    return limits
  }

  func requests(_ body: () async throws -> Void) async throws -> [StoreOperation: Int] {
    recorder.reset()
    try await body()
    return recorder.counts
  }

  /// Looks a path up, name by name, as the kernel does.
  func find(_ path: String) async throws -> Entry? {
    var entry: Entry?
    var inode = InodeNumber.root
    for name in path.split(separator: "/") {
      let answer: LookupAnswer
      if let cached = fileSystem.lookups.cachedLookup(String(name), in: inode) {
        answer = cached
      } else {
        answer = try await fileSystem.lookups.lookup(String(name), in: inode)
      }
      guard case .found(let found) = answer else { return nil }
      entry = found
      inode = found.inode
    }
    return entry
  }

  func inode(_ path: String) async throws -> InodeNumber { try #require(try await find(path), "no \(path)").inode }

  func names(_ path: String) async throws -> [String] {
    let handle = try await fileSystem.streams.openDirectory(path.isEmpty ? .root : try await inode(path))
    defer { fileSystem.streams.releaseDirectory(handle) }
    return try fileSystem.streams.entries(of: handle, from: 0, limit: .max).map(\.name)
  }

  func write(_ text: String, to path: String, flags: OpenFlags = [.write]) async throws {
    let (parent, name) = split(path)
    let file: OpenedFile
    if let existing = try await find(path) {
      file = try await fileSystem.files.open(existing.inode, flags: flags)
    } else {
      // As the mount does it.
      let parent = try await inode(parent)
      let now = try fileSystem.files.createNow(name, in: parent, permissions: 0o644, flags: flags, caller: Self.caller)
      if let now {
        file = now.file
      } else {
        file = try await fileSystem.files.create(
          name, in: parent, permissions: 0o644, flags: flags, caller: Self.caller
        ).file
      }
    }
    _ = try await fileSystem.files.write(Array(text.utf8), at: 0, to: file.handle)
    try await fileSystem.files.flush(file.handle, othersOpen: false)
    await fileSystem.files.release(file.handle)
  }

  func read(_ path: String) async throws -> String {
    let file = try await fileSystem.files.open(try await inode(path), flags: [.read])
    let bytes = try await read(file.handle, count: 1 << 20)
    await fileSystem.files.release(file.handle)
    return String(decoding: bytes, as: UTF8.self)
  }

  func read(_ handle: FileHandle, at offset: Int64 = 0, count: Int) async throws -> [UInt8] {
    if let data = fileSystem.files.cachedRead(handle, at: offset, count: count) { return data.bytes }
    return try await fileSystem.files.read(handle, at: offset, count: count).bytes
  }

  func split(_ path: String) -> (parent: String, name: String) {
    let parts = path.split(separator: "/").map(String.init)
    return (parts.dropLast().joined(separator: "/"), parts.last ?? "")
  }

  func rename(_ path: String, to newPath: String, flags: RenameFlags = []) async throws {
    let (from, to) = (split(path), split(newPath))
    let parent = from.parent.isEmpty ? InodeNumber.root : try await inode(from.parent)
    let newParent = to.parent.isEmpty ? InodeNumber.root : try await inode(to.parent)
    try await fileSystem.moves.rename(from.name, in: parent, to: to.name, in: newParent, flags: flags)
  }
}

/// Returns the code of the error that `body` throws.
func failure(_ body: () async throws -> Void) async -> FileSystemError.Code? {
  do {
    try await body()
    return nil
  } catch let error as FileSystemError { return error.code } catch { return nil }
}

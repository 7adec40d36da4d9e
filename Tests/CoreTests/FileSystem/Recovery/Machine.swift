import Logging
import S3
import Synchronization
import TestSupport

@testable import Core

/// A bucket in memory and a cache directory on disk that outlive the processes: each `process` is a file system that is
/// dropped without a shutdown, as by `kill -9`.
struct Machine {
  let memory = InMemoryStore(buckets: ["bucket"])
  let cacheDirectory = TestPath.unique()

  func process<Result>(
    _ change: (inout FileSystemOptions) -> Void = { _ in }, _ body: (FileSystem, FaultyStore) async throws -> Result
  ) async throws -> Result {
    let faults = FaultyStore(memory)
    var options = FileSystemOptions()
    options.cacheDirectory = cacheDirectory
    change(&options)
    return try await body(FileSystem(store: faults, options: options), faults)
  }

  /// Recovers as the next start does. Returns how many files stayed unsaved.
  @discardableResult
  func restart(
    force: Bool = false, _ change: (inout FileSystemOptions) -> Void = { _ in }
  ) async throws -> Int {
    // A file system dropped in this process releases its lock when its last task has ended; a killed one at once.
    await until { !sessions.contains { SpoolSession.isInUse(cacheDirectory + "/spool/" + $0) } }
    return try await start(force: force, change)
  }

  /// Same, beside running processes.
  func start(force: Bool = false, _ change: (inout FileSystemOptions) -> Void = { _ in }) async throws -> Int {
    try await process(change) { fileSystem, _ in
      let recovery = recovery(fileSystem)
      await recovery.settle()
      return await recovery.uploadFiles(force: force)
    }
  }

  func recovery(_ fileSystem: FileSystem) -> Recovery {
    Recovery(fileSystem, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  var left: [RecoverableFile] { RecoverableFile.all(in: cacheDirectory) }
  var sessions: [String] { Disk.names(in: cacheDirectory + "/spool") }

  func text(_ key: ObjectKey) async throws -> String? {
    let sink = CollectingSink()
    do {
      try await memory.getObject(
        ObjectReference(bucket: "bucket", key: key), range: nil, conditions: .none, versionID: nil, into: sink)
    } catch  where error.code == .noSuchKey { return nil }
    return sink.text
  }

  func put(_ text: String, _ key: ObjectKey, _ properties: ObjectProperties = .init()) async throws {
    _ = try await memory.putObject(
      ObjectReference(bucket: "bucket", key: key), body: .bytes(Array(text.utf8)), properties: properties,
      condition: .none)
  }

  var keys: [String] {
    get async throws {
      try await memory.listObjects(ListRequest(bucket: "bucket", delimiter: nil)).objects.map(\.key.string)
    }
  }
}

extension FileSystem {
  func open(_ name: String, _ flags: OpenFlags) async throws -> OpenedFile {
    try await files.open(try await inode(name), flags: flags)
  }

  func inode(_ path: String) async throws -> InodeNumber {
    var inode = InodeNumber.root
    for name in ["bucket"] + path.split(separator: "/").map(String.init) {
      guard case .found(let entry) = try await lookups.lookup(name, in: inode) else {
        throw FileSystemError(.notFound, path)
      }
      inode = entry.inode
    }
    return inode
  }

  func createFile(_ name: String) async throws -> OpenedFile {
    try await files.create(
      name, in: try await inode(""), permissions: 0o640, flags: [.write], caller: Caller(user: 7, group: 8)
    ).file
  }

  /// Writes and closes. Returns the error of the close.
  func save(_ text: String, at offset: Int64 = 0, in file: OpenedFile) async throws -> FileSystemError.Code? {
    _ = try await files.write(Array(text.utf8), at: offset, to: file.handle)
    do {
      try await files.flush(file.handle, othersOpen: false)
      return nil
    } catch { return (error as FileSystemError).code }
  }
}

import Archive
import Core
import Synchronization

/// Packs objects and directories into one archive, which is sent to a client.
struct Packing: Sendable {
  private let fileSystem: FileSystem
  private let format: ArchiveFormat
  private let writer: ArchiveWriter
  private let stream: ResponseStream
  private let names: Names

  /// The names of the entries. A walk visits from several tasks.
  private final class Names: Sendable {
    let inside: Mutex<ArchiveNames>

    init(below top: ObjectPath) { inside = Mutex(ArchiveNames(below: top)) }

    func withLock<Value: Sendable>(_ body: (inout ArchiveNames) -> Value) -> Value { inside.withLock { body(&$0) } }
  }

  /// - Parameter top: the directory below which names begin.
  init(fileSystem: FileSystem, format: ArchiveFormat, top: ObjectPath, stream: ResponseStream) throws {
    self.fileSystem = fileSystem
    self.format = format
    self.stream = stream
    writer = try ArchiveWriter(format)
    names = Names(below: top)
  }

  /// Writes the whole archive. Throws if the client is gone, or if S3 fails: then the transfer must be aborted.
  func pack(_ chosen: [ObjectPath]) async throws {
    for path in ArchiveNames.inOrder(chosen) {
      for top in try await tops(of: path) { try await add(allOf: top) }
    }
    try await add(names.withLock { $0.finish() })
    try await stream.write(try await writer.finish())
  }

  private func begin(_ entry: ArchiveEntry) async throws { try await stream.write(try await writer.begin(entry)) }

  /// Returns the path itself, or for the root all buckets.
  private func tops(of path: ObjectPath) async throws(FileSystemError) -> [ObjectPath] {
    path.isRoot ? try await fileSystem.byKey.list(.root, freshness: .withinTTL).map(\.path) : [path]
  }

  /// Returns when a bucket was created, in seconds; 0 if the server does not report it.
  private func created(_ bucket: ObjectPath) async -> Int64 {
    let buckets = try? await fileSystem.byKey.list(.root, freshness: .withinTTL)
    return buckets?.first { $0.path == bucket }?.modified?.seconds ?? 0
  }

  /// Adds an object, or a directory or bucket with everything below it.
  private func add(allOf top: ObjectPath) async throws {
    if top.isBucket, let name = names.withLock({ top.fileName(below: $0.top) }) {
      // An empty bucket has an entry, too, so that unpacking creates it.
      try await begin(ArchiveEntry(name, .directory, modifiedSeconds: await created(top)))
    }
    guard top.isDirectory else {
      try await add(names.withLock { $0.add(top) })
      return
    }
    try await fileSystem.byKey.walk(top) { entry throws(FileSystemError) in
      let known = names.withLock { $0.add(entry.path, hasBody: entry.size > 0) }
      do { try await add(known) } catch let error as FileSystemError { throw error } catch {
        throw FileSystemError(.interrupted, "the archive ended: \(error)")
      }
    }
  }

  private func add(_ items: [ArchiveNames.Item]) async throws {
    for item in items { try await add(item) }
  }

  /// Adds one object, a directory's marker, or the marker's bytes. Leaves out an object that was deleted since it was
  /// listed; aborts the transfer if one is replaced while it is read, so that no partial archive looks complete.
  private func add(_ item: ArchiveNames.Item) async throws {
    let (path, name) = (item.path, item.name)
    // A zip has no field for tags.
    async let tags = format == .tar ? fileSystem.edits.tags(of: path) : []
    if path.isDirectory, !item.isBody {
      guard let marker = try await fileSystem.byKey.objectNow(at: path) else { return }
      let properties = marker.properties ?? ObjectProperties()
      let details = FileDetails(properties, isDirectory: true, lastModified: marker.lastModified)
      try await begin(
        Self.entry(name, .directory, details, ArchiveRecords.of(properties, tags: try await tags, etag: nil)))
      return
    }
    guard let reader = try await openIfThere(path) else { return }
    let info = reader.info
    let properties = info.properties ?? ObjectProperties()
    let details = FileDetails(properties, isDirectory: false, lastModified: info.lastModified)
    let records = ArchiveRecords.of(properties, tags: try await tags, etag: info.etag)
    if details.kind == .symbolicLink, let target = try await linkTarget(reader) {
      try await begin(Self.entry(name, .symbolicLink(target: target), details, records))
      return
    }
    var entry = Self.entry(name, .file, details, records)
    entry.size = info.size
    try await begin(entry)
    try await reader.readAll(0..<info.size) { try await stream.write(try await writer.write($0)) }
  }

  private static func entry(
    _ name: String, _ kind: ArchiveEntry.Kind, _ details: FileDetails, _ records: [String: [UInt8]]
  ) -> ArchiveEntry {
    var entry = ArchiveEntry(
      name, kind, permissions: details.permissions, modifiedSeconds: details.modified.seconds,
      modifiedNanoseconds: details.modified.nanoseconds)
    entry.attributes = records
    return entry
  }

  /// The longest path that POSIX systems accept (PATH_MAX).
  private static let longestTarget: Int64 = 4096

  /// Returns a symbolic link's target; `nil` if the bytes cannot be one: then the object is packed as a file.
  private func linkTarget(_ reader: ObjectReader) async throws(FileSystemError) -> String? {
    let size = reader.info.size
    guard (1..<Self.longestTarget).contains(size) else { return nil }
    let data = try await reader.read(at: 0, count: Int(size))
    let bytes = data.slices.flatMap { $0 }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  private func openIfThere(_ path: ObjectPath) async throws(FileSystemError) -> ObjectReader? {
    do { return try await fileSystem.byKey.reader(of: path, freshness: .withinTTL) } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }
}

import Archive
import Core

/// Stores the entries of an archive one by one.
struct Unpacking {
  private let fileSystem: FileSystem
  private let directory: ObjectPath
  private let condition: WriteCondition
  private(set) var written: [JSON] = []
  private(set) var refused: [JSON] = []
  /// Entries that exist and were not replaced because of `If-None-Match: *`.
  private(set) var kept: [JSON] = []
  /// A stored path; a directory and the bytes of its marker are two.
  private struct Stored: Hashable {
    let path: ObjectPath
    let isBody: Bool
  }

  private var stored: Set<Stored> = []
  /// The names of the archive's files, and of the directories above its entries.
  private var files: Set<ObjectKey> = []
  private var folders: Set<ObjectKey> = []
  /// The properties of directories in the archive.
  private var directories: [ObjectPath: ObjectProperties] = [:]
  /// The directories that did not exist before.
  private var made: Set<ObjectPath> = []
  /// The buckets known to exist, for an archive of buckets.
  private var buckets: Set<String> = []

  init(fileSystem: FileSystem, directory: ObjectPath, condition: WriteCondition) {
    self.fileSystem = fileSystem
    self.directory = directory
    self.condition = condition
  }

  private var places: PlaceChecks { PlaceChecks(fileSystem: fileSystem) }

  /// Records why an entry was not stored: as kept where `If-None-Match: *` prevented it, otherwise as refused.
  mutating func refuse(_ entry: ArchiveEntry, _ error: any Error) {
    let status = (error as? HTTPError)?.status ?? (error as? FileSystemError)?.httpStatus
    if status == 412, condition == .ifAbsent {
      kept.append(.optional(entry.name))
      return
    }
    let why = (error as? HTTPError)?.message ?? (error as? FileSystemError)?.message ?? "\(error)"
    refused.append(.object([("name", .optional(entry.name)), ("why", .string(why))]))
  }

  /// Stores one entry. Throws the reason if the entry is refused, or an `ArchiveError` if reading cannot continue.
  mutating func store(_ entry: ArchiveEntry, _ reader: ArchiveReader) async throws {
    let records = try ArchiveRecords.properties(entry.attributes)
    let name = try UnpackName(entry, isOurs: records != nil)
    if name.isTop { return }
    let path = try directory.place(ofFileName: name.name)
    if path.isBucket, !name.isDirectory {
      throw HTTPError(409, "a file needs a bucket: only directories can be at the root")
    }
    let place = Stored(path: path, isBody: path.isDirectory && !name.isDirectory)
    guard !stored.contains(place) else { throw HTTPError(409, "the archive names it twice") }
    // No mount could show what a file system could not hold: links and files have nothing below them.
    if let file = name.parents.first(where: files.contains) {
      throw HTTPError(409, "the archive has \(file) as a file: nothing stands below it")
    }
    guard name.isDirectory || !folders.contains(ObjectKey(name.name)) else {
      throw HTTPError(409, "the archive has entries below this file")
    }
    if directory.isRoot { try await makeBucket(path.bucket) }
    if place.isBody {
      try await storeBody(entry, reader, ofMarker: path, records)
    } else {
      try await store(entry, reader, at: path, Self.properties(of: entry, records))
    }
    // A directory is listed once, with or without the bytes of its marker.
    if !stored.contains(Stored(path: path, isBody: false)) { written.append(.string(path.description)) }
    stored.insert(place)
    folders.formUnion(name.parents)
    if !name.isDirectory { files.insert(ObjectKey(name.name)) }
  }

  private mutating func store(
    _ entry: ArchiveEntry, _ reader: ArchiveReader, at path: ObjectPath, _ properties: ObjectProperties
  ) async throws {
    switch entry.kind {
    case .directory:
      if path.isBucket { return }
      directories[path] = properties
      if try await fileSystem.edits.createDirectory(path, properties: properties) { made.insert(path) }
    case .hardLink(let target):
      guard let source = source(ofLinkTo: target) else {
        throw HTTPError(400, "it is a hard link to \(target), which is not in the archive before it")
      }
      try await places.requireAbsent(path, if: condition)
      try await fileSystem.edits.copy(source, to: path, replace: true)
    case .symbolicLink, .file, .other:
      try await places.requireAbsent(path, if: condition)
      try await fill(fileSystem.edits.writer(to: path, properties: properties, condition: condition), entry, reader)
    }
  }

  /// Returns a hard link's target, if it is a file that was stored.
  private func source(ofLinkTo target: String) -> ObjectPath? {
    guard let name = try? UnpackName(target, isDirectory: false), !name.isTop,
      let path = try? directory.place(ofFileName: name.name)
    else { return nil }
    return stored.contains(Stored(path: path, isBody: false)) && !path.isDirectory ? path : nil
  }

  /// Stores the bytes of a directory's marker, with the headers and metadata of the directory's entry. The mode of the
  /// entry that has the bytes is that of a file, and does not apply to the directory.
  private func storeBody(
    _ entry: ArchiveEntry, _ reader: ArchiveReader, ofMarker path: ObjectPath, _ records: ObjectProperties?
  ) async throws {
    if case .hardLink = entry.kind { throw HTTPError(400, "the bytes of a directory's marker cannot be a hard link") }
    let condition = made.contains(path) ? .none : condition
    try await places.requireAbsent(path, if: condition)
    let properties = directories[path] ?? records ?? ObjectProperties()
    let writer = try fileSystem.edits.writer(
      to: path, properties: properties, condition: condition, ofMarker: true)
    try await fill(writer, entry, reader)
  }

  /// Uploads the bytes of an entry; those of a symbolic link are its target.
  private func fill(_ writer: ObjectWriter, _ entry: ArchiveEntry, _ reader: ArchiveReader) async throws {
    do {
      if case .symbolicLink(let target) = entry.kind {
        try await writer.append(Array(target.utf8))
      } else {
        while let bytes = try reader.read() { try await writer.append(bytes) }
      }
    } catch {
      await writer.cancel()
      throw error
    }
    _ = try await writer.finish()
  }

  /// Returns what to store beside the bytes: the entry's records, mode and time.
  private static func properties(of entry: ArchiveEntry, _ records: ObjectProperties?) -> ObjectProperties {
    let kind: FileKind =
      switch entry.kind {
      case .directory: .directory
      case .symbolicLink: .symbolicLink
      case .file, .hardLink, .other: .file
      }
    var properties = records ?? ObjectProperties()
    let modified = Timestamp(seconds: entry.modifiedSeconds, nanoseconds: entry.modifiedNanoseconds)
    let details = FileDetails(
      kind: kind, permissions: kind == .symbolicLink ? 0o777 : entry.permissions, modified: modified)
    properties.userMetadata = details.applied(to: properties.userMetadata, isComplete: records != nil)
    return properties
  }

  private mutating func makeBucket(_ name: String) async throws {
    guard !buckets.contains(name) else { return }
    do throws(FileSystemError) {
      _ = try await fileSystem.byKey.locate(ObjectPath(bucket: name), freshness: .now)
    } catch {
      guard error.code == .notFound else { throw error }
      try await fileSystem.names.createBucket(name)
    }
    buckets.insert(name)
  }
}

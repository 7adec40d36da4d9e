import Archive
import Core
import FoundationEssentials
import Synchronization

extension Gateway {
  private static let readSize = 512 << 10
  /// Names that one request may choose.
  private static let nameLimit = 10_000
  private static let namesBodyLimit = 4 << 20

  /// `?zip`, `?tar`: a directory with all that is below, made as the client takes it.
  func archive(_ directory: ObjectPath, _ format: ArchiveFormat) async throws -> Response {
    _ = try await fileSystem.locate(directory, freshness: .now)
    return archive([directory], of: directory, format)
  }

  /// `POST ?zip`: only the names that the body lists.
  func archiveChosen(_ directory: ObjectPath, _ format: ArchiveFormat, _ body: RequestBody) async throws -> Response {
    let names = try ChosenNames(body: try await body.collect(atMost: Self.namesBodyLimit)).names
    guard !names.isEmpty, names.count <= Self.nameLimit else {
      throw HTTPError(400, "Name 1 to \(Self.nameLimit) things to take, as in [\"a.txt\", \"folder/\"].")
    }
    var chosen: [ObjectPath] = []
    for name in names {
      let path = directory.child(name)
      switch try await fileSystem.locate(path, freshness: .withinTTL) {
      case .object, .root: chosen.append(path)
      case .directory, .bucket: chosen.append(path.asDirectory)
      }
    }
    return archive(chosen, of: directory, format)
  }

  private func archive(_ chosen: [ObjectPath], of directory: ObjectPath, _ format: ArchiveFormat) -> Response {
    let stream = ResponseStream { stream in
      let writer = try ArchiveWriter(format)
      let packing = Packing(writer: writer, format: format, top: directory, stream: stream)
      for path in ArchiveNames.inOrder(chosen) {
        for top in try await tops(of: path) { try await add(allOf: top, to: packing) }
      }
      try await add(packing.names.withLock { $0.finish() }, to: packing)
      try await stream.write(try await writer.finish())
    }
    let name = directory.isRoot ? "buckets" : directory.name
    let headers: Headers = [
      "Content-Type": format.contentType, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
      "Content-Disposition": Self.attachment("\(name).\(format.rawValue)"),
    ]
    return Response(200, headers: headers, body: .stream(stream))
  }

  private func tops(of path: ObjectPath) async throws(FileSystemError) -> [ObjectPath] {
    path.isRoot ? try await fileSystem.list(.root, freshness: .withinTTL).map(\.path) : [path]
  }

  /// In seconds; 0 where the server does not tell.
  private func created(_ bucket: ObjectPath) async -> Int64 {
    let buckets = try? await fileSystem.list(.root, freshness: .withinTTL)
    return buckets?.first { $0.path == bucket }?.modified?.seconds ?? 0
  }

  /// An archive under way.
  private final class Packing: Sendable {
    let writer: ArchiveWriter
    let format: ArchiveFormat
    let stream: ResponseStream
    let names: Mutex<ArchiveNames>

    init(writer: ArchiveWriter, format: ArchiveFormat, top: ObjectPath, stream: ResponseStream) {
      self.writer = writer
      self.format = format
      self.stream = stream
      names = Mutex(ArchiveNames(below: top))
    }

    func begin(_ entry: ArchiveEntry) async throws { try await stream.write(try await writer.begin(entry)) }
  }

  /// An object, or a directory or bucket with all that is below.
  private func add(allOf top: ObjectPath, to packing: Packing) async throws {
    if top.isBucket, let name = packing.names.withLock({ top.fileName(below: $0.top) }) {
      // A bucket comes back even if it is empty.
      try await packing.begin(ArchiveEntry(name, .directory, modifiedSeconds: await created(top)))
    }
    guard top.isDirectory else {
      try await add(packing.names.withLock { $0.add(top) }, to: packing)
      return
    }
    try await fileSystem.walk(top) { entry throws(FileSystemError) in
      let known = packing.names.withLock { $0.add(entry.path, hasBody: entry.size > 0) }
      do { try await add(known, to: packing) } catch let error as FileSystemError { throw error } catch {
        throw FileSystemError(.interrupted, "the archive ended: \(error)")
      }
    }
  }

  private func add(_ items: [ArchiveNames.Item], to packing: Packing) async throws {
    for item in items { try await add(item, to: packing) }
  }

  /// One object, a directory's marker, or the marker's bytes. An object that was deleted since it was listed is left out;
  /// one that is replaced while it is read breaks the transfer, so that nobody takes half an archive for a whole one.
  private func add(_ item: ArchiveNames.Item, to packing: Packing) async throws {
    let (path, name) = (item.path, item.name)
    // A zip has no place for tags.
    async let tags = packing.format == .tar ? fileSystem.tags(of: path) : []
    if path.isDirectory, !item.isBody {
      guard let marker = try await fileSystem.markerProperties(of: path) else { return }
      let details = FileDetails(marker.properties, isDirectory: true, lastModified: marker.modified)
      try await packing.begin(
        Self.entry(name, .directory, details, ArchiveRecords.of(marker.properties, tags: try await tags, etag: nil)))
      return
    }
    guard let reader = try await openIfThere(path) else { return }
    let info = reader.info
    let properties = info.properties ?? ObjectProperties()
    let details = FileDetails(properties, isDirectory: false, lastModified: info.lastModified)
    let records = ArchiveRecords.of(properties, tags: try await tags, etag: info.etag)
    if details.kind == .symbolicLink, let target = try await linkTarget(reader) {
      try await packing.begin(Self.entry(name, .symbolicLink(target: target), details, records))
      return
    }
    var entry = Self.entry(name, .file, details, records)
    entry.size = info.size
    try await packing.begin(entry)
    var offset: Int64 = 0
    while offset < info.size {
      let data = try await reader.read(at: offset, count: Int(min(Int64(Self.readSize), info.size - offset)))
      guard data.count > 0 else { throw FileSystemError(.ioFailure, "the object ended early") }
      for slice in data.slices { try await packing.stream.write(try await packing.writer.write(slice)) }
      offset += Int64(data.count)
    }
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

  /// The longest path that POSIX systems take (PATH_MAX).
  private static let longestTarget: Int64 = 4096

  /// nil for what cannot be a link's target: such an object is packed as a file.
  private func linkTarget(_ reader: ObjectReader) async throws(FileSystemError) -> String? {
    let size = reader.info.size
    guard (1..<Self.longestTarget).contains(size) else { return nil }
    let data = try await reader.read(at: 0, count: Int(size))
    let bytes = data.slices.flatMap { $0 }
    return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
  }

  private func openIfThere(_ path: ObjectPath) async throws(FileSystemError) -> ObjectReader? {
    do { return try await fileSystem.reader(of: path, freshness: .withinTTL) } catch {
      guard error.code == .notFound else { throw error }
      return nil
    }
  }

  /// A file name for every browser (RFC 6266): ASCII for the old ones, all of it for the rest.
  static func attachment(_ name: String) -> String {
    let ascii = String(
      decoding: name.utf8.map { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C ? $0 : UInt8(ascii: "_") },
      as: UTF8.self)
    return "attachment; filename=\"\(ascii)\"; filename*=UTF-8''\(PercentCoding.encode(name))"
  }
}

/// The names in the body of `POST ?zip`: a JSON array, an object with `names`, or a form with `name` fields.
struct ChosenNames: Equatable {
  private struct Document: Decodable { var names: [String] }

  var names: [String]

  init(body: [UInt8]) throws(HTTPError) {
    // A decoder of JSON may repair what is not UTF-8: another name than was meant.
    guard String(validating: body, as: UTF8.self) != nil else { throw HTTPError(400, "The names are not UTF-8.") }
    switch body.first(where: { !" \t\r\n".utf8.contains($0) }) {
    case UInt8(ascii: "["): names = try Self.json([String].self, body)
    case UInt8(ascii: "{"): names = try Self.json(Document.self, body).names
    default: names = try FormFields(body)["name"]
    }
    if names.contains("") { throw HTTPError(400, "One of the names is empty.") }
  }

  private static func json<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws(HTTPError) -> Value {
    do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
      throw HTTPError(400, "The body is not a list of names in JSON, as in [\"a.txt\", \"folder/\"].")
    }
  }
}

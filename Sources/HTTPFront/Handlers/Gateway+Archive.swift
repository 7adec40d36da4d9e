import Archive
import Core
import FoundationEssentials

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
      throw Refusal(400, "Name 1 to \(Self.nameLimit) things to take, as in [\"a.txt\", \"folder/\"].")
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
      for path in chosen {
        for top in try await tops(of: path) {
          guard top.isDirectory else {
            try await add(top, below: directory, to: writer, stream)
            continue
          }
          try await fileSystem.walk(top) { entry throws(FileSystemError) in
            do { try await add(entry.path, below: directory, to: writer, stream) } catch let error as FileSystemError {
              throw error
            } catch {
              throw FileSystemError(.interrupted, "the archive ended: \(error)")
            }
          }
        }
      }
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

  /// One object, or a directory's marker. An object that was deleted since it was listed is left out; one that is
  /// replaced while it is read breaks the transfer, so that nobody takes half an archive for a whole one.
  private func add(
    _ path: ObjectPath, below directory: ObjectPath, to writer: ArchiveWriter, _ stream: ResponseStream
  ) async throws {
    guard let name = path.fileName(below: directory) else { return }
    if path.isDirectory {
      try await stream.write(try await writer.begin(name, size: 0, modifiedSeconds: 0, isDirectory: true))
      return
    }
    guard let reader = try await openIfThere(path) else { return }
    let info = reader.info
    try await stream.write(
      try await writer.begin(name, size: info.size, modifiedSeconds: info.lastModified.seconds))
    var offset: Int64 = 0
    while offset < info.size {
      let data = try await reader.read(at: offset, count: Int(min(Int64(Self.readSize), info.size - offset)))
      guard data.count > 0 else { throw FileSystemError(.ioFailure, "the object ended early") }
      for slice in data.slices { try await stream.write(try await writer.write(slice)) }
      offset += Int64(data.count)
    }
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

  init(body: [UInt8]) throws(Refusal) {
    let first = body.first { !" \t\r\n".utf8.contains($0) }
    do {
      switch first {
      case UInt8(ascii: "["): names = try JSONDecoder().decode([String].self, from: Data(body))
      case UInt8(ascii: "{"): names = try JSONDecoder().decode(Document.self, from: Data(body)).names
      default: names = FormFields(body)["name"]
      }
    } catch {
      throw Refusal(400, "The body is not a list of names in JSON, as in [\"a.txt\", \"folder/\"].")
    }
    if names.contains("") { throw Refusal(400, "One of the names is empty.") }
  }
}

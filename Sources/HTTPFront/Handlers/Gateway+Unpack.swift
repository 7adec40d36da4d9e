import Archive
import Core

extension Gateway {
  /// `POST ?unzip`, `?untar`: stores what an uploaded archive holds. The whole archive is checked before anything is
  /// stored: one that is broken or too much stores nothing. What then is refused is told by name.
  func unpack(
    into directory: ObjectPath, _ format: ArchiveFormat, _ request: Request, _ body: RequestBody
  ) async throws -> Response {
    let condition = try Preconditions(request.headers).forWriting()
    if case .ifMatch = condition { throw Refusal(400, "If-Match is for one object, not for an archive.") }
    try await checkBucket(of: directory)
    let scratch = try fileSystem.makeScratchFile()
    let size = try await receive(body, into: scratch)
    let limits = options.unpackLimits
    try await OwnThread.run { () throws(Refusal) in
      try UnpackCheck(limits: limits, archiveSize: size).run(descriptor: scratch.descriptor, format)
    }
    let (written, refused) = try await store(scratch, format, into: directory, condition)
    return .json(200, .object([("written", .array(written)), ("refused", .array(refused))]))
  }

  private func receive(_ body: RequestBody, into scratch: ScratchFile) async throws -> Int64 {
    var size: Int64 = 0
    while let bytes = try await body.next() {
      guard size + Int64(bytes.count) <= fileSystem.options.cacheSize else {
        throw Refusal(413, "The archive is larger than the cache directory may grow (--cache-size).")
      }
      try scratch.write(bytes, at: size)
      size += Int64(bytes.count)
    }
    return size
  }

  private func store(
    _ scratch: ScratchFile, _ format: ArchiveFormat, into directory: ObjectPath, _ condition: WriteCondition
  ) async throws -> (written: [JSON], refused: [JSON]) {
    let reader: ArchiveReader
    do { reader = try ArchiveReader(descriptor: scratch.descriptor, format: format) } catch { throw Refusal(error) }
    var (written, refused) = ([JSON](), [JSON]())
    var seen: Set<String> = []
    while let entry = try reader.next() {
      do {
        let name = try UnpackName(entry)
        guard seen.insert(name.key).inserted else { throw Refusal(409, "the archive names it twice") }
        let path = directory.child(name.key)
        if name.isDirectory {
          _ = try await fileSystem.createDirectory(path)
        } else {
          try await store(reader, at: path, condition)
        }
        written.append(.string(path.description))
      } catch let error as ArchiveError {
        throw Refusal(error)
      } catch {
        let why = (error as? Refusal)?.message ?? (error as? FileSystemError)?.message ?? "\(error)"
        refused.append(.object([("name", .optional(entry.name)), ("why", .string(why))]))
      }
    }
    return (written, refused)
  }

  private func store(_ reader: ArchiveReader, at path: ObjectPath, _ condition: WriteCondition) async throws {
    let writer = try fileSystem.writer(to: path, properties: ObjectProperties(), condition: condition)
    do {
      while let bytes = try reader.read() { try await writer.append(bytes) }
    } catch {
      await writer.cancel()
      throw error
    }
    _ = try await writer.finish()
  }
}

extension Refusal {
  init(_ error: ArchiveError) {
    self.init(400, "The body is not an archive of that kind, or it is cut: \(error.message). Nothing more was stored.")
  }
}

import Archive
import Core

extension Gateway {
  /// `POST ?unzip`, `?untar`: stores what an uploaded archive holds. The whole archive is checked before anything is
  /// stored: one that is broken or too much stores nothing. 422 where something was refused then: its name and why are
  /// in the answer, beside what was written.
  func unpack(
    into directory: ObjectPath, _ format: ArchiveFormat, on condition: WriteCondition, _ body: RequestBody
  ) async throws -> Response {
    if !directory.isRoot { try await checkBucket(of: directory) }
    let scratch = try fileSystem.makeScratchFile()
    let size = try await receive(body, into: scratch)
    let limits = options.unpackLimits
    try await BlockingWork.run { () throws(HTTPError) in
      try UnpackCheck(limits: limits, archiveSize: size).run(descriptor: scratch.descriptor, format)
    }
    let reader: ArchiveReader
    do { reader = try ArchiveReader(descriptor: scratch.descriptor, format: format) } catch { throw HTTPError(error) }
    var unpacking = Unpacking(gateway: self, directory: directory, condition: condition)
    while let entry = try reader.next() {
      do { try await unpacking.store(entry, reader) } catch let error as ArchiveError { throw HTTPError(error) } catch {
        unpacking.refuse(entry, error)
      }
    }
    var members: [(String, JSON)] = [("written", .array(unpacking.written)), ("refused", .array(unpacking.refused))]
    if condition == .ifAbsent { members.append(("kept", .array(unpacking.kept))) }
    return .json(unpacking.refused.isEmpty ? 200 : 422, .object(members))
  }

  private func receive(_ body: RequestBody, into scratch: ScratchFile) async throws -> Int64 {
    var size: Int64 = 0
    while let bytes = try await body.next() {
      guard size + Int64(bytes.count) <= fileSystem.options.cacheSize else {
        throw HTTPError(413, "The archive is larger than the cache directory may grow (--cache-size).")
      }
      try scratch.write(bytes, at: size)
      size += Int64(bytes.count)
    }
    return size
  }
}

extension HTTPError {
  init(_ error: ArchiveError) {
    self.init(400, "The body is not an archive of that kind, or it is cut: \(error.message). Nothing more was stored.")
  }
}

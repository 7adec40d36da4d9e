import Archive
import Core
import Dispatch

/// Unpacks uploaded archives.
struct UnpackHandler: Sendable {
  let fileSystem: FileSystem
  let limits: UnpackLimits

  /// `POST ?unzip`, `?untar`: stores the entries of an uploaded archive. Checks the whole archive first: one that is
  /// broken or too large stores nothing. Answers 422 if entries were refused, with their names and reasons beside what
  /// was written.
  func unpack(
    into directory: ObjectPath, _ format: ArchiveFormat, on condition: WriteCondition, _ body: RequestBody
  ) async throws -> Response {
    if !directory.isRoot { try await PlaceChecks(fileSystem: fileSystem).requireBucket(of: directory) }
    let scratch = try fileSystem.saving.makeScratchFile()
    let size = try await receive(body, into: scratch)
    try await BlockingWork.run { [limits] () throws(HTTPError) in
      try UnpackCheck(limits: limits, archiveSize: size).run(descriptor: scratch.descriptor, format)
    }
    let reader: ArchiveReader
    do { reader = try ArchiveReader(descriptor: scratch.descriptor, format: format) } catch { throw HTTPError(error) }
    var unpacking = Unpacking(fileSystem: fileSystem, directory: directory, condition: condition)
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

/// Runs work that blocks or computes for long, without occupying a thread of Swift's pool.
enum BlockingWork {
  private static let queue = DispatchQueue(label: "localstackmount.http.work", attributes: .concurrent)

  static func run<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(Failure) { continuation.resume(returning: .success(try body())) } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}

// MARK: Verbs

/// `POST ?unzip` and `?untar`.
struct Unpack: Action {
  let path: ObjectPath
  let format: ArchiveFormat

  var directory: ObjectPath? { path }
  var subject: WriteConditions.Subject? { .each }

  func answer(in context: ActionContext) async throws -> Response {
    try await UnpackHandler(fileSystem: context.fileSystem, limits: context.parts.options.unpackLimits)
      .unpack(into: path, format, on: context.condition, context.body)
  }
}

extension UnpackHandler {
  static let endpoints = [
    unpacking("unzip", .zip, summary: "Stores what a zip archive holds"),
    unpacking("untar", .tar, summary: "Stores what a tar archive holds"),
  ]

  private static func unpacking(_ verb: String, _ format: ArchiveFormat, summary: String) -> HTTPEndpoint {
    HTTPEndpoint(
      method: "POST", places: .directories, verb: verb, changes: .something, summary: summary, example: verb,
      elsewhere: .directoriesOnly(verb)
    ) { Unpack(path: $0.path, format: format) }
  }
}

import Core

/// Moves and copies objects and directories inside S3.
struct RelocateHandler: Sendable {
  let fileSystem: FileSystem

  /// `POST ?move=` and `?copy=`: 201 with the new place; 409 if the destination exists and `&replace` is missing.
  func relocate(
    _ path: ObjectPath, to destination: ObjectPath, removesSource: Bool, replaces: Bool, on condition: WriteCondition,
    _ request: Request
  ) async throws -> Response {
    if path == destination { throw HTTPError(409, "\(path) is already there: choose another destination.") }
    if path.isDirectory, path.bucket == destination.bucket, destination.key.hasPrefix(path.key) {
      throw HTTPError(409, "A directory cannot be moved or copied into itself.")
    }
    try await PlaceChecks(fileSystem: fileSystem).requireBucket(of: destination)
    do {
      try await carry(
        path, to: destination, removesSource: removesSource, replaces: replaces, ifMatch: condition.version)
    } catch {
      guard error.code == .alreadyExists else { throw HTTPError(error) }
      throw HTTPError(409, "\(destination) exists already; add &replace to replace it.")
    }
    if Negotiation.errorFormat(accept: request.headers.joined("Accept")) == .page {
      return Response(303, headers: ["Location": destination.parent.urlPath])
    }
    return Response(201, headers: ["Location": destination.urlPath])
  }

  private func carry(
    _ path: ObjectPath, to destination: ObjectPath, removesSource: Bool, replaces: Bool, ifMatch etag: ETag?
  ) async throws(FileSystemError) {
    if removesSource {
      try await fileSystem.edits.move(path, to: destination, replace: replaces, ifMatch: etag)
    } else {
      try await fileSystem.edits.copy(path, to: destination, replace: replaces, ifMatch: etag)
    }
  }
}

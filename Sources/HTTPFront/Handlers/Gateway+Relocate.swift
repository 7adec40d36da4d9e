import Core

extension Gateway {
  /// `POST ?move=` and `?copy=`: server-side, an object or a directory. 201 with the new place.
  func relocate(
    _ path: ObjectPath, to destination: ObjectPath, removesSource: Bool, replaces: Bool, _ request: Request
  ) async throws -> Response {
    if path == destination { throw Refusal(409, "\(path) is already there: choose another destination.") }
    if path.isDirectory, path.bucket == destination.bucket, destination.key.hasPrefix(path.key) {
      throw Refusal(409, "A directory cannot be moved or copied into itself.")
    }
    try await checkBucket(of: destination)
    do {
      try await carry(path, to: destination, removesSource: removesSource, replaces: replaces)
    } catch {
      guard error.code == .alreadyExists else { throw Refusal(error) }
      throw Refusal(409, "\(destination) exists already; add &replace to replace it.")
    }
    if Negotiation.errorFormat(accept: request.headers.joined("Accept")) == .page {
      return Response(303, headers: ["Location": destination.parent.urlPath])
    }
    return Response(201, headers: ["Location": destination.urlPath])
  }

  private func carry(
    _ path: ObjectPath, to destination: ObjectPath, removesSource: Bool, replaces: Bool
  ) async throws(FileSystemError) {
    if removesSource {
      try await fileSystem.move(path, to: destination, replace: replaces)
    } else {
      try await fileSystem.copy(path, to: destination, replace: replaces)
    }
  }
}

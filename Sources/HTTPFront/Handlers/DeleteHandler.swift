import Core

/// Deletes objects, directories, buckets and versions.
struct DeleteHandler: Sendable {
  let fileSystem: FileSystem

  /// Answers DELETE of an object, an empty directory or an empty bucket; with `?recursive` also deletes their contents.
  func delete(_ path: ObjectPath, recursive: Bool, on condition: WriteCondition) async throws -> Response {
    try await remove(path, recursive: recursive, on: condition)
    return Response(204)
  }

  /// Answers a form's delete button: redirects to the listing that contained the path.
  func formDelete(_ path: ObjectPath, recursive: Bool, on condition: WriteCondition) async throws -> Response {
    try await remove(path, recursive: recursive, on: condition)
    return Response(303, headers: ["Location": path.parent.urlPath])
  }

  /// `DELETE ?version=`: deletes one version, or one delete marker, permanently.
  func deleteVersion(_ path: ObjectPath, _ version: String) async throws -> Response {
    try await fileSystem.edits.delete(path, version: version)
    return Response(204, headers: ["x-amz-version-id": version])
  }

  private func remove(_ path: ObjectPath, recursive: Bool, on condition: WriteCondition) async throws {
    do {
      _ = try await fileSystem.edits.delete(path, recursive: recursive, ifMatch: condition.version)
    } catch {
      throw await refusal(of: path, error)
    }
  }

  private func refusal(of path: ObjectPath, _ error: FileSystemError) async -> HTTPError {
    if error.code == .notEmpty {
      var refusal = HTTPError(409, "\(path) is not empty: delete what is in it first, or add ?recursive.")
      refusal.fullDirectory = path
      return refusal
    }
    if error.code == .notFound, !path.isDirectory, await PlaceChecks(fileSystem: fileSystem).isDirectory(path) {
      return HTTPError(409, "\(path) is a directory: its URL ends in a slash, \(path.asDirectory).")
    }
    return HTTPError(error)
  }
}

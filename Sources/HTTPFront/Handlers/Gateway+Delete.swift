import Core

extension Gateway {
  /// DELETE of an object, an empty directory or an empty bucket; `?recursive` takes what is in it too.
  func delete(_ path: ObjectPath, recursive: Bool, on condition: WriteCondition) async throws -> Response {
    try await remove(path, recursive: recursive, on: condition)
    return Response(204)
  }

  /// A form's delete button: then back to where the place was listed.
  func formDelete(_ path: ObjectPath, recursive: Bool, on condition: WriteCondition) async throws -> Response {
    try await remove(path, recursive: recursive, on: condition)
    return Response(303, headers: ["Location": path.parent.urlPath])
  }

  /// `DELETE ?version=`: one version, or one delete marker, for good.
  func deleteVersion(_ path: ObjectPath, _ version: String) async throws -> Response {
    try await fileSystem.delete(path, version: version)
    return Response(204, headers: ["x-amz-version-id": version])
  }

  private func remove(_ path: ObjectPath, recursive: Bool, on condition: WriteCondition) async throws {
    do {
      _ = try await fileSystem.delete(path, recursive: recursive, ifMatch: condition.version)
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
    if error.code == .notFound, !path.isDirectory, await isDirectory(path) {
      return HTTPError(409, "\(path) is a directory: its URL ends in a slash, \(path.asDirectory).")
    }
    return HTTPError(error)
  }

  /// Whether only a directory stands at a path without a slash.
  func isDirectory(_ path: ObjectPath) async -> Bool {
    guard case .directory? = try? await fileSystem.locate(path, freshness: .withinTTL) else { return false }
    return true
  }
}

extension WriteCondition {
  /// The version that must be there.
  var version: ETag? {
    guard case .ifMatch(let etag) = self else { return nil }
    return etag
  }
}

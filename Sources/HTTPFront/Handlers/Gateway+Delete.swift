import Core

extension Gateway {
  /// DELETE of an object, an empty directory or an empty bucket; `?recursive` takes what is in it too.
  func delete(_ path: ObjectPath, recursive: Bool, _ request: Request) async throws -> Response {
    try await remove(path, recursive: recursive, request)
    return Response(204)
  }

  /// A form's delete button: then back to where the place was listed.
  func formDelete(_ path: ObjectPath, recursive: Bool, _ request: Request) async throws -> Response {
    if path.isRoot { throw Refusal(405, "The root cannot be deleted.", headers: ["Allow": "GET, HEAD, POST, OPTIONS"]) }
    try await remove(path, recursive: recursive, request)
    return Response(303, headers: ["Location": path.parent.urlPath])
  }

  private func remove(_ path: ObjectPath, recursive: Bool, _ request: Request) async throws {
    let etag = try Preconditions(request.headers).forDeletion()
    if etag != nil, path.isDirectory { throw Refusal(400, "If-Match is for objects; a directory has no ETag.") }
    do {
      _ = try await fileSystem.delete(path, recursive: recursive, ifMatch: etag)
    } catch {
      throw await refusal(of: path, error)
    }
  }

  private func refusal(of path: ObjectPath, _ error: FileSystemError) async -> Refusal {
    if error.code == .notEmpty {
      var refusal = Refusal(409, "\(path) is not empty: delete what is in it first, or add ?recursive.")
      refusal.fullDirectory = path
      return refusal
    }
    if error.code == .notFound, !path.isDirectory, await isDirectory(path) {
      return Refusal(409, "\(path) is a directory: its URL ends in a slash, \(path.asDirectory).")
    }
    return Refusal(error)
  }

  /// Whether only a directory stands at a path without a slash.
  func isDirectory(_ path: ObjectPath) async -> Bool {
    guard case .directory? = try? await fileSystem.locate(path, freshness: .withinTTL) else { return false }
    return true
  }
}

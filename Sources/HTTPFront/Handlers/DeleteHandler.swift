import Core

/// Deletes objects, directories and buckets.
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

// MARK: Verbs

/// `DELETE`.
struct Delete: Action {
  let path: ObjectPath
  let recursive: Bool

  var subject: WriteConditions.Subject? { .existing(path) }
  func isBrief(bodyLength: Int64?) -> Bool { !recursive }

  func answer(in context: ActionContext) async throws -> Response {
    try await DeleteHandler(fileSystem: context.fileSystem)
      .delete(path, recursive: recursive, on: context.condition)
  }
}

/// `POST ?delete`: a form's delete button.
struct FormDelete: Action {
  let path: ObjectPath
  let recursive: Bool

  var subject: WriteConditions.Subject? { .existing(path) }

  func answer(in context: ActionContext) async throws -> Response {
    try await DeleteHandler(fileSystem: context.fileSystem)
      .formDelete(path, recursive: recursive, on: context.condition)
  }
}

extension DeleteHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "DELETE", places: [.bucket, .directory, .object], options: ["recursive"], changes: .something,
      summary: "Deletes an object, a directory or a bucket", example: "recursive"
    ) { call throws(HTTPError) in Delete(path: call.path, recursive: try call.flag("recursive")) },
    HTTPEndpoint(
      method: "POST", places: [.bucket, .directory, .object], verb: "delete", options: ["recursive"],
      changes: .something, summary: "Deletes, for forms", example: "delete",
      elsewhere: HTTPEndpoint.Elsewhere(status: 405, sentence: "The root cannot be deleted.")
    ) { call throws(HTTPError) in
      let type = call.request.headers["Content-Type"]?.lowercasedASCII ?? ""
      let isForm = type.hasPrefix("application/x-www-form-urlencoded") || type.hasPrefix("multipart/form-data")
      guard isForm || !call.request.hasBody else {
        throw HTTPError(415, "?delete takes no list of keys: DELETE them one by one, or a directory with ?recursive.")
      }
      return FormDelete(path: call.path, recursive: try call.flag("recursive"))
    },
  ]
}

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

// MARK: Verbs

/// `POST ?move=` and `?copy=`.
struct Relocate: Action {
  let path: ObjectPath
  let destination: ObjectPath
  let removesSource: Bool
  let replaces: Bool

  // The source, not the destination: without &replace a destination is never replaced.
  var subject: WriteConditions.Subject? { .existing(path) }

  func answer(in context: ActionContext) async throws -> Response {
    try await RelocateHandler(fileSystem: context.fileSystem).relocate(
      path, to: destination, removesSource: removesSource, replaces: replaces, on: context.condition, context.request)
  }
}

extension RelocateHandler {
  static let endpoints = [
    relocation("move", summary: "Moves an object or a directory", removesSource: true),
    relocation("copy", summary: "Copies an object or a directory", removesSource: false),
  ]

  private static func relocation(_ verb: String, summary: String, removesSource: Bool) -> HTTPEndpoint {
    HTTPEndpoint(
      method: "POST", places: [.directory, .object], verb: verb, options: ["replace"], takesValue: true,
      changes: .something, summary: summary, example: "\(verb)=/box/new&replace",
      elsewhere: HTTPEndpoint.Elsewhere(
        status: 409, sentence: "A bucket cannot be moved or copied as a whole; move or copy what is in it.")
    ) { call throws(HTTPError) in
      // Location and the links of listings begin with --path-prefix.
      guard let destination = call.value(verb).map(URLPrefix.stripped), var place = ObjectPath(urlPath: destination),
        !place.isRoot
      else {
        throw HTTPError(400, "The destination must be a path from the root: ?\(verb)=/bucket/name.")
      }
      if call.path.isDirectory {
        place = place.asDirectory
      } else if place.isDirectory {
        place = place.child(call.path.name)
      }
      return Relocate(
        path: call.path, destination: place, removesSource: removesSource, replaces: try call.flag("replace"))
    }
  }
}

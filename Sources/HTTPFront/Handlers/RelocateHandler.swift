import Core

/// Moves and copies objects and directories inside S3.
struct RelocateHandler: Sendable {
  let fileSystem: FileSystem

  /// `POST ?move=` and `?copy=`: 201 with the new place, and what recognizes it later: `ETag`, of a directory
  /// `X-State`; 409 if the destination exists and `&replace` is missing.
  /// - Parameter state: the state that a directory must be in.
  func relocate(
    _ path: ObjectPath, to destination: ObjectPath, removesSource: Bool, replaces: Bool, state: TreeState? = nil,
    on condition: WriteCondition, _ request: Request
  ) async throws -> Response {
    if path == destination { throw HTTPError(409, "\(path) is already there: choose another destination.") }
    if path.isDirectory, path.bucket == destination.bucket, destination.key.hasPrefix(path.key) {
      throw HTTPError(409, "A directory cannot be moved or copied into itself.")
    }
    try await PlaceChecks(fileSystem: fileSystem).requireBucket(of: destination)
    let made: Relocated
    do {
      let carry = removesSource ? fileSystem.edits.move : fileSystem.edits.copy
      made = try await carry(path, destination, replaces, condition.version, state)
    } catch {
      guard error.code == .alreadyExists else { throw HTTPError(error) }
      throw HTTPError(409, "\(destination) exists already; add &replace to replace it.")
    }
    if Negotiation.errorFormat(accept: request.headers.joined("Accept")) == .page {
      return Response(303, headers: ["Location": destination.parent.urlPath])
    }
    var headers: Headers = ["Location": destination.urlPath]
    switch made {
    case .object(let etag): headers.add("ETag", etag?.quoted)
    case .directory(let state): headers.add("X-State", state.text)
    }
    return Response(201, headers: headers)
  }
}

// MARK: Verbs

/// `POST ?move=` and `?copy=`.
struct Relocate: Action {
  let path: ObjectPath
  let destination: ObjectPath
  let removesSource: Bool
  let replaces: Bool
  var state: TreeState?

  // The source, not the destination: without &replace a destination is never replaced.
  var subject: WriteConditions.Subject? { .existing(path) }

  func answer(in context: ActionContext) async throws -> Response {
    try await RelocateHandler(fileSystem: context.fileSystem).relocate(
      path, to: destination, removesSource: removesSource, replaces: replaces, state: state, on: context.condition,
      context.request)
  }
}

extension RelocateHandler {
  static let endpoints = [
    relocation("move", .object, summary: "Moves an object"),
    relocation("move", .directory, summary: "Moves a directory"),
    relocation("copy", .object, summary: "Copies an object"),
    relocation("copy", .directory, summary: "Copies a directory"),
  ]

  private static func relocation(_ verb: String, _ place: HTTPEndpoint.Place, summary: String) -> HTTPEndpoint {
    HTTPEndpoint(
      method: "POST", places: [place], verb: verb, options: ["replace"] + (place == .directory ? ["state"] : []),
      takesValue: true, changes: .something, summary: summary, example: "\(verb)=/box/new&replace",
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
        path: call.path, destination: place, removesSource: verb == "move", replaces: try call.flag("replace"),
        state: try call.option("state").map { TreeState(text: $0) })
    }
  }
}

import Core

/// Lists, restores and deletes the versions of objects, and lists deleted objects.
struct VersionsHandler: Sendable {
  let fileSystem: FileSystem

  /// `?versions`: lists the versions of an object, or of a directory's own object (its marker), the newest first; empty
  /// if the bucket is not versioned.
  func versions(of path: ObjectPath) async throws -> Response {
    var headers = Headers()
    headers.addListingPolicy()
    let versions = try await fileSystem.edits.versions(of: path)
    return .json(
      200, .object([("path", .string(path.description)), ("versions", .array(versions.map(\.json)))]), headers: headers)
  }

  /// `POST ?restore=`: makes a version the current one again, by a copy inside S3.
  func restore(_ path: ObjectPath, version: String, on condition: WriteCondition) async throws -> Response {
    let written = try await fileSystem.edits.restore(path, version: version, ifMatch: condition.version)
    var headers: Headers = ["ETag": written.etag.quoted]
    headers.add("x-amz-version-id", written.versionID)
    let body = JSON.object([
      ("path", .string(path.description)), ("etag", .string(written.etag.quoted)),
      ("versionId", .optional(written.versionID)),
    ])
    return .json(200, body, headers: headers)
  }

  /// `DELETE ?version=`: deletes one version, or one delete marker, permanently.
  func delete(_ path: ObjectPath, version: String) async throws -> Response {
    try await fileSystem.edits.delete(path, version: version)
    return Response(204, headers: ["x-amz-version-id": version])
  }

  /// `?deleted`: lists deleted objects below a directory, each with the version that can be restored.
  func deleted(below directory: ObjectPath) async throws -> Response {
    let (found, isTruncated) = try await fileSystem.edits.deletedObjects(below: directory)
    var headers = Headers()
    headers.addListingPolicy()
    let body = JSON.object([
      ("path", .string(directory.description)), ("deleted", .array(found.map(\.json))),
      ("truncated", .bool(isTruncated)),
    ])
    return .json(200, body, headers: headers)
  }
}

extension ListedVersion {
  fileprivate var json: JSON {
    .object([
      ("versionId", .string(id)), ("isLatest", .bool(isLatest)), ("deleteMarker", .bool(isDeleteMarker)),
      ("lastModified", .string(HTTPDate.formatISO(modified))), ("size", .number(size)),
      ("etag", .optional(etag?.quoted)),
    ])
  }
}

extension DeletedObject {
  fileprivate var json: JSON {
    .object([
      ("name", .string(path.name)), ("type", "object"), ("path", .string(path.description)),
      ("url", .string(path.urlPath)), ("size", .number(last?.size ?? 0)),
      ("deleted", .string(HTTPDate.formatISO(deleted))), ("versionId", .optional(last?.id)),
    ])
  }
}

// MARK: Verbs

/// `GET ?versions`.
struct ListVersions: Action {
  let path: ObjectPath

  func answer(in context: ActionContext) async throws -> Response {
    try await VersionsHandler(fileSystem: context.fileSystem).versions(of: path)
  }
}

/// `GET ?deleted`.
struct ListDeleted: Action {
  let path: ObjectPath

  var directory: ObjectPath? { path }

  func answer(in context: ActionContext) async throws -> Response {
    try await VersionsHandler(fileSystem: context.fileSystem).deleted(below: path)
  }
}

/// `GET ?version=`.
struct ReadVersion: Action {
  let path: ObjectPath
  let version: String

  func answer(in context: ActionContext) async throws -> Response {
    try await ReadHandler(fileSystem: context.fileSystem).read(path, version: version, context.request)
  }
}

/// `POST ?restore=`.
struct RestoreVersion: Action {
  let path: ObjectPath
  let version: String

  var subject: WriteConditions.Subject? { .object(path, mayBeAbsent: true) }

  func answer(in context: ActionContext) async throws -> Response {
    try await VersionsHandler(fileSystem: context.fileSystem).restore(path, version: version, on: context.condition)
  }
}

/// `DELETE ?version=`.
struct DeleteVersion: Action {
  let path: ObjectPath
  let version: String

  var subject: WriteConditions.Subject? { .version(path, version) }

  func answer(in context: ActionContext) async throws -> Response {
    try await VersionsHandler(fileSystem: context.fileSystem).delete(path, version: version)
  }
}

extension VersionsHandler {
  static let endpoints = [
    HTTPEndpoint(
      method: "GET", places: [.object, .directory], verb: "versions",
      summary: "The versions of an object, or of a directory's own object", example: "versions",
      elsewhere: .objectsOnly("?versions")
    ) { ListVersions(path: $0.path) },
    HTTPEndpoint(
      method: "GET", places: [.bucket, .directory], verb: "deleted", options: ["json"],
      summary: "Deleted objects below, of which the bucket keeps versions", example: "deleted",
      elsewhere: HTTPEndpoint.Elsewhere(
        status: 400, sentence: "?deleted is for directories of a bucket; ?versions is for an object.")
    ) { ListDeleted(path: $0.path) },
    HTTPEndpoint(
      method: "GET", places: [.object], verb: "version", alias: "versionId", takesValue: true,
      summary: "One version of an object", example: "version=v1", elsewhere: .objectsOnly("?version=")
    ) { call throws(HTTPError) in ReadVersion(path: call.path, version: try version(call)) },
    HTTPEndpoint(
      method: "POST", places: [.object, .directory], verb: "restore", takesValue: true, changes: .something,
      summary: "Makes a version the newest again", example: "restore=v1", elsewhere: .objectsOnly("?restore=")
    ) { call throws(HTTPError) in
      guard let version = call.value("restore"), !version.isEmpty else {
        throw HTTPError(400, "?restore= names a version, as ?versions lists them.")
      }
      return RestoreVersion(path: call.path, version: version)
    },
    HTTPEndpoint(
      method: "DELETE", places: [.object], verb: "version", alias: "versionId", takesValue: true, changes: .something,
      summary: "Deletes one version for good", example: "version=v1", elsewhere: .objectsOnly("?version=")
    ) { call throws(HTTPError) in DeleteVersion(path: call.path, version: try version(call)) },
  ]

  /// Returns the value of `version`, or of S3's name `versionId`.
  private static func version(_ call: Call) throws(HTTPError) -> String {
    let ids = ["version", "versionId"].filter(call.target.has).map { call.value($0) ?? "" }
    guard let id = ids.first, !id.isEmpty, Set(ids).count == 1 else {
      throw HTTPError(400, "?version= names a version, as ?versions lists them.")
    }
    return id
  }
}

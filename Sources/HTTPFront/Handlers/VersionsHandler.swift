import Core

/// Lists and restores the versions of objects, and lists deleted objects.
struct VersionsHandler: Sendable {
  let fileSystem: FileSystem

  /// `?versions`: lists an object's versions, the newest first; empty if the bucket is not versioned.
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
